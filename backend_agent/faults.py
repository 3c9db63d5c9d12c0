"""What is wrong with a session database, SQLite's or PostgreSQL's, and what to do about it."""

from __future__ import annotations

import re
import sqlite3

from backend_agent.errors import UserError

_ANOTHER = "choose another with --db or BACKEND_AGENT_DATABASE"
_SERVER = "see that the server runs, and resume: what was finished is kept"
_REMEDIES = {
    "locked|lock timeout|deadlock": "another program keeps it busy: try again when it is done",
    "disk is full|No space left": "make room and resume: what was finished is kept",
    "readonly|read-only": f"give yourself the right to write it, or {_ANOTHER}",
    "permission denied|no schema": f"have its owner GRANT CREATE ON SCHEMA to this user, or {_ANOTHER}",
    "malformed": f"restore it from a backup, or {_ANOTHER}",
    "decompress": f"it is damaged: restore it from a backup, or {_ANOTHER}",
    "password|authentication": "correct user and password in the address, or set PGPASSWORD",
    'database ".*" does not exist': f"make it with `createdb`, or {_ANOTHER}",
    'role ".*" does not exist': "correct the user in the address",
    "too many clients|remaining connection slots": "wait until other programs are done, or raise max_connections",
    "refused|resolve|translate host|timeout expired|timed out|timeout|[Nn]o route|unreachable|starting up|terminat"
    "|closed the connection|connection.*(closed|lost)|shutting down": _SERVER,
}
"""By a pattern in what was said: what to do."""


class Fault(Exception):
    """What is wrong with a database that is no SQLite file, in one line."""


FAULTS = (sqlite3.Error, Fault)
"""What a session database raises when it cannot be used."""


def unusable(place: object, error: Exception) -> UserError:
    """Return the one line that says why a session database cannot be used, and what to do.

    Args:
        place: where it is; its text holds no password.
        error: one of `FAULTS`, or what the system said.
    """
    text = str(error)
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if re.search(sign, text)), _ANOTHER)
    return UserError(f"{place}: the session database cannot be used ({text}); {remedy}")
