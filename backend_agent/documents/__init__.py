"""Documents: Markdown pages with Mermaid, and the report. Typed views of the artifacts, rendered by Jinja2."""
