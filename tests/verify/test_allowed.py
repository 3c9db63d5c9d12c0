"""Code of a chat model: computation is allowed, everything else is named."""

from __future__ import annotations

import pytest

from backend_agent.verify.allowed import faults

FINE = '''
"""A fine."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

from app.operations.return_loan_types import Loan, Refused

RATE = Decimal("0.20")


def return_loan(loan: Loan) -> Decimal:
    """Return what is owed."""
    if loan.days < 0:
        raise Refused("it was not lent yet")
    total = Decimal(0)
    while total < RATE * loan.days:
        total += RATE
    return math.ceil(total / timedelta(days=1).days)
'''
OWN = ("app.operations.return_loan_types", "app.operations.return_loan")


def test_computation_is_allowed() -> None:
    assert faults(FINE, own=OWN) == []
    tests = "import pytest\n\nfrom app.operations.return_loan import return_loan\n"
    assert faults(tests, own=OWN, tests=True) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os", "import of os"),
        ("import os.path", "import of os.path"),
        ("import subprocess as math", "import of subprocess"),
        ("from os import system", "import of os"),
        ("from .. import settings", "relative import"),
        ("from . import settings", "relative import"),
        ("from .settings import JWT_SECRET", "relative import"),
        ("from app import settings", "import of app"),
        ("import app.operations.other", "import of app.operations.other"),
        ("from app.operations import return_loan", "import of app.operations"),
        ("from math import *", "import *"),
        ("import socket", "import of socket"),
        ("import urllib.request", "import of urllib.request"),
        ("import pytest", "import of pytest"),
        ("import importlib", "import of importlib"),
        ("import ctypes", "import of ctypes"),
        ("from operator import attrgetter", "attrgetter"),
        ("from datetime import datetime\nNOW = datetime.now()", ".now"),
        ("from uuid import uuid4", "uuid4"),
        ("X = eval('1')", "eval is not allowed"),
        ("def f():\n    exec('x')", "exec is not allowed"),
        ("def f():\n    return open('/etc/passwd')", "open is not allowed"),
        ("E = eval\nX = E('1')", "eval is not allowed"),
        ("def f(x):\n    return getattr(x, 'y')", "getattr is not allowed"),
        ("def f(x):\n    return x.__class__.__mro__", ".__class__"),
        ("def f():\n    return ().__class__.__subclasses__()", ".__subclasses__"),
        ("def f():\n    return '{0.__class__}'.format(1)", "text with __"),
        ("def f():\n    return __builtins__", "__builtins__"),
        ("def f(x):\n    return x.f_globals", ".f_globals"),
        ("print('at import')", "at the top"),
        ("for i in range(3):\n    pass", "at the top"),
        ("if True:\n    import os", "import of os"),
        ("async def f():\n    pass", "async"),
        ("def f():\n    global x\n    x = 1", "global"),
        ("def f():\n    while True:\n        pass", "without an end"),
        ("def f():\n    try:\n        return 1\n    except Exception:\n        return 2", "every exception"),
        ("def f():\n    try:\n        return 1\n    except:\n        return 2", "every exception"),
        ("def f(:", "line 1"),
        ("x = " + "-" * 90 + "1", "cannot be read"),
        ("x = 1  #" + "x" * 50_000, "longer"),
        ("x = '\x00'", ""),
    ],
)  # fmt: skip
def test_everything_else_is_named(source: str, said: str) -> None:
    found = faults(source, own=OWN)
    assert found
    assert said in " ".join(found)


def test_each_line_is_told() -> None:
    assert faults("import math\n\nimport os\n", own=OWN)[0].startswith("line 3: ")
