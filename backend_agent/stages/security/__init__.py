"""security: who gets in, what is protected, and how it is watched."""

from backend_agent.stages.security.stage import STAGE

__all__ = ["STAGE"]
