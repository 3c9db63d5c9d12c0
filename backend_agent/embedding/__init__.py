"""Embedding: the agent in conversations, as a tool, and under a supervisor."""
