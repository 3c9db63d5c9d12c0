"""The last touch on generated tests."""

from __future__ import annotations

from backend_agent.codegen.project_tests.source import tidied


def test_callers_with_a_name_are_called_by_it() -> None:
    text = "    caller = book.by\n    await caller.get(x)\n    caller = await sign_in(api)\n    await caller.get(y)\n"
    expected = "    await book.by.get(x)\n    caller = await sign_in(api)\n    await caller.get(y)\n"
    assert tidied(text, "book") == expected


def test_an_unused_row_is_made_all_the_same() -> None:
    assert tidied("    post = await make_post(api)\n    await caller.post(body)\n", "post") == (
        "    await make_post(api)\n    await caller.post(body)\n"
    )


def test_an_unused_owner_is_not_made() -> None:
    assert tidied("    owner = await sign_in(api)\n    await f(order.owner)\n", "order") == "    await f(order.owner)\n"


def test_the_empty_first_line_goes() -> None:
    assert tidied('    """It works."""\n    \n    assert x\n', "book") == '    """It works."""\n    assert x\n'
