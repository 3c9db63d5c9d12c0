"""The stages that a task of type microservices_design needs, for the dev server and Studio."""

from backend_agent.pipeline import build_graph

graph = build_graph("microservices_design", until="microservices_design")
