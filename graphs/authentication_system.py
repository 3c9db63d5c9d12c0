"""The stages that a task of type authentication_system needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("authentication_system", until="authentication_system")
