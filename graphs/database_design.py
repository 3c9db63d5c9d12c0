"""The stages that a task of type database_design needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("database_design", until="database_design")
