"""The stages that a task of type api_design needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("api_design", until="api_design")
