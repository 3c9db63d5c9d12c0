"""The stages that a task of type security_implementation needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("security_implementation", until="security_implementation")
