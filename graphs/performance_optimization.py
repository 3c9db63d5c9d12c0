"""The stages that a task of type performance_optimization needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("performance_optimization", until="performance_optimization")
