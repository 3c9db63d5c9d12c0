"""The exception tree: each class names who must act.

BackendAgentError
├── UserError          the user can mend it: one line, exit code 2
├── AuthorError        no valid artifact could be had for a stage
└── ToolUnavailable    an external tool is missing; says how to install it

Anything else that escapes is a bug of this package (exit code 3).
"""


class BackendAgentError(Exception):
    """Root of all errors that this package raises on purpose."""


class UserError(BackendAgentError):
    """Bad input. The message says what is wrong, where, and what to do, in one line."""


class AuthorError(BackendAgentError):
    """No author of a stage produced a valid artifact."""


class ToolUnavailable(BackendAgentError):
    """A tool that a verifier needs is not installed.

    Args:
        tool: the tool's name.
        install: the command that installs it.
    """

    def __init__(self, tool: str, install: str) -> None:
        super().__init__(f"{tool} is not installed: {install}")
        self.tool = tool
        self.install = install
