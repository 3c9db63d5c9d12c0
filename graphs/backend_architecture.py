"""The stages that a task of type backend_architecture needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("backend_architecture", until="backend_architecture")
