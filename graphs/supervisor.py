"""A supervisor over this agent, a front end agent and a coding agent, for the dev server and Studio."""

from backend_agent.embedding.supervisor import build_supervisor

graph = build_supervisor()
