"""The pipeline up to the API, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("api_designer", until="api_design")
