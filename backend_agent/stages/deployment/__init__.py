"""deployment: how the generated project is built, shipped, watched and restored."""

from backend_agent.stages.deployment.stage import STAGE

__all__ = ["STAGE"]
