"""The whole pipeline, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph()
