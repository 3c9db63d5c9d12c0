"""Calls every endpoint of the generated feed service, in a process of its own.

Usage: python drive_feed.py PROJECT DATABASE_URL snake|camel
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import uuid
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import inflection
import sqlalchemy as sa

PROJECT, URL, NAMING = sys.argv[1:4]
PASSWORD = "correct horse battery"
warnings.simplefilter("error")
sys.path.insert(0, PROJECT)

from app.core.settings import Settings  # noqa: E402
from app.main import create_app  # noqa: E402

Who = dict[str, str] | None
NOBODY: Who = None


def wire(name: str) -> str:
    """A name as it is on the wire."""
    return inflection.camelize(name, uppercase_first_letter=False) if NAMING == "camel" else name


def sent(value: Any) -> Any:
    """A value with its names as on the wire."""
    if isinstance(value, dict):
        return {wire(k): sent(v) for k, v in value.items()}
    return [sent(v) for v in value] if isinstance(value, list) else value


def read(value: Any) -> Any:
    """An answer with snake_case names."""
    if isinstance(value, dict):
        return {inflection.underscore(k): read(v) for k, v in value.items()}
    return [read(v) for v in value] if isinstance(value, list) else value


class Driver:
    """A client with people."""

    def __init__(self, app: Any, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client
        self.mark = uuid.uuid4().hex[:8]

    async def call(self, method: str, path: str, who: Who = None, expect: int = 200, **body: Any) -> Any:
        """Make a call; the status must be the expected one."""
        payload = {"json": sent(body)} if body else {}
        answer = await self.client.request(method, path, headers=who, **payload)
        assert answer.status_code == expect, (method, path, body, answer.status_code, answer.text)
        return read(answer.json()) if answer.content else None

    async def person(self, name: str, role: str = "member") -> dict[str, str]:
        """Register somebody, give the role, and return the headers of a login."""
        email = f"{name}{self.mark}@example.org"
        await self.call("POST", "/auth/register", None, 201, email=email, password=PASSWORD)
        async with self.app.state.database.write() as connection:
            await connection.execute(sa.text("update users set role=:r where email=:e"), {"e": email, "r": role})
        tokens = await self.call("POST", "/auth/login", email=email, password=PASSWORD)
        return {"Authorization": f"Bearer {tokens['access_token']}"}

    async def pages(self, path: str, who: Who = None, limit: int = 2) -> list[dict[str, Any]]:
        """Return the items of all pages of a list."""
        found: list[dict[str, Any]] = []
        more = ""
        while True:
            page = await self.call("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}{more}", who)
            found += page["items"]
            if "total" in page:
                assert page["total"] >= len(found)
                more = f"&offset={len(found)}"
                if len(found) == page["total"]:
                    return found
            elif page["next_cursor"] is None:
                return found
            else:
                more = f"&cursor={page['next_cursor']}"


async def profiles_and_posts(d: Driver, alice: Who, bob: Who, editor: Who) -> list[dict[str, Any]]:
    """A profile is made by its owner, once, and is needed for what it owns."""
    await d.call("POST", "/posts", alice, 409, text="no profile yet")
    avatar = "https://example.org/a.png"
    mine = await d.call("POST", "/members", alice, 201, handle=f"alice{d.mark}", avatar_url=avatar)
    assert mine["avatar_url"] == avatar
    await d.call("POST", "/members", alice, 409, handle=f"again{d.mark}")
    other = await d.call("POST", "/members", bob, 201, handle=f"bob{d.mark}")
    await d.call("POST", "/members", editor, 403, handle="x")
    await d.call("PATCH", f"/members/{mine['id']}", bob, 404, version=1, handle="z")
    posts = []
    for number in range(7):
        dates = {0: {}, 1: {"date": "2024-01-02"}, 2: {"date": "2024-01-01"}}[number % 3]
        author = alice if number % 2 else bob
        posts.append(
            await d.call(
                "POST", "/posts", author, 201, text=f"Post n{number}q {d.mark}", tags=["news", f"ünï{d.mark}"],
                mention_ids=[other["id"]], keys=number, time="10:00:00", **dates,
            )
        )  # fmt: skip
    assert posts[1]["author_id"] == mine["id"]
    assert posts[1]["published_at"]
    return posts


async def lists(d: Driver, posts: list[dict[str, Any]]) -> None:
    """Pages in every order hold every row once; filters and search narrow."""
    for order in ("", "date", "-date", "like_count", "-like_count", "text", "-text", "created_at", "-published_at"):
        sign = "-" if order.startswith("-") else ""
        sort = f"&sort={sign}{wire(order.lstrip('-'))}" if order else ""
        found = await d.pages(f"/posts?search={d.mark}{sort}")
        assert sorted(p["id"] for p in found) == sorted(p["id"] for p in posts), order
        if order in ("date", "-date"):
            days = [p["date"] for p in found]
            expected = ["2024-01-01"] * 2 + ["2024-01-02"] * 2 + [None] * 3
            assert days == (expected if order == "date" else expected[::-1])
    assert len(await d.pages(f"/posts?search=%C3%BCn%C3%AF{d.mark}")) == 7
    assert len(await d.pages(f"/posts?search=alice{d.mark}%20N3Q")) == 1
    assert await d.pages("/posts?search=%25%25") == []
    author, mentioned = posts[1]["author_id"], posts[1]["mention_ids"][0]
    assert len(await d.pages(f"/posts?{wire('author_id')}={author}&{wire('mention_id')}={mentioned}")) == 3
    assert len(await d.pages(f"/posts?date=2024-01-02&search={d.mark}")) == 2


async def cursors(d: Driver) -> None:
    """A cursor that the service did not make is refused, whatever it holds."""
    for cursor in ("x", "e30", "W10", "WyJhIl0"):
        await d.call("GET", f"/posts?cursor={cursor}", expect=422)
    for order, value, expect in (
        ("likeCount", 10**12, 422), ("likeCount", "x", 422), ("likeCount", True, 422), ("text", "a\x00", 422),
        ("text", None, 422), ("date", "9999-99-99", 422), ("date", None, 200), ("date", "2024-01-01", 200),
        ("-publishedAt", "0001-01-01T00:00:00+14:00", 422),
    ):  # fmt: skip
        made = json.dumps([order, value, str(uuid.uuid4())]).encode()
        await d.call("GET", f"/posts?sort={order}&cursor={base64.urlsafe_b64encode(made).decode()}", expect=expect)


async def toggles(d: Driver, alice: Who, bob: Who, editor: Who, posts: list[dict[str, Any]]) -> None:
    """A link is switched on once, however often it is asked for; derived values follow."""
    post, member = posts[1]["id"], posts[1]["author_id"]
    for _ in range(2):
        await d.call("PUT", f"/posts/{post}/like", bob, 204)
    await d.call("PUT", f"/posts/{post}/like", alice, 204)
    await d.call("PUT", f"/posts/{uuid.uuid4()}/like", alice, 404)
    await d.call("PUT", f"/posts/{post}/like", editor, 403)
    await d.call("PUT", f"/posts/{post}/like", NOBODY, 401)
    await asyncio.gather(*(d.call("PUT", f"/posts/{posts[2]['id']}/like", bob, 204) for _ in range(8)))
    assert (await d.call("GET", f"/posts/{posts[2]['id']}"))["like_count"] == 1
    seen = await d.call("GET", f"/posts/{post}", bob)
    assert (seen["like_count"], seen["liked"]) == (2, True)
    assert (await d.call("GET", f"/posts/{post}"))["liked"] is False
    assert [p["id"] for p in await d.pages(f"/posts?liked=true&search={d.mark}", alice)] == [post]
    for _ in range(2):
        await d.call("DELETE", f"/posts/{post}/like", bob, 204)
    seen = await d.call("GET", f"/posts/{post}", bob)
    assert (seen["like_count"], seen["liked"]) == (1, False)
    await d.call("PUT", f"/members/{member}/follow", alice, 409)
    await d.call("PUT", f"/members/{member}/follow", bob, 204)
    assert (await d.call("GET", f"/members/{member}"))["follower_count"] == 1


async def comments(d: Driver, alice: Who, bob: Who, posts: list[dict[str, Any]]) -> None:
    """A part with an owner of its own; once per post."""
    path = f"/posts/{posts[1]['id']}/comments"
    mine = await d.call("POST", path, bob, 201, text="nice", stars=4)
    await d.call("POST", path, bob, 409, text="nice", stars=4)
    await d.call("POST", path, alice, 201, text="nicer", stars=5)
    await d.call("DELETE", f"{path}/{mine['id']}", alice, 404)
    assert (await d.call("GET", f"/posts/{posts[1]['id']}"))["average_stars"] == "4.50"
    await d.call("GET", f"/posts/{posts[0]['id']}/comments/{mine['id']}", NOBODY, 404)
    await d.call("GET", f"/posts/{uuid.uuid4()}/comments", NOBODY, 404)
    assert len(await d.pages(path, limit=1)) == 2
    await d.call("DELETE", f"{path}/{mine['id']}", bob, 204)


async def restricted(d: Driver, people: tuple[Who, Who, Who, Who], posts: list[dict[str, Any]]) -> None:
    """Some fields are for some roles only: others read null and may not write."""
    alice, bob, admin, editor = people
    path = f"/posts/{posts[1]['id']}"
    await d.call("POST", "/posts", alice, 403, text="x", moderation_note="n")
    changed = await d.call("PATCH", path, admin, version=1, moderation_note="spam?")
    assert (changed["moderation_note"], changed["version"]) == ("spam?", 2)
    await d.call("PATCH", path, alice, 403, version=2, moderation_note=None)
    await d.call("PATCH", path, alice, 409, version=1, text="late")
    for who in (NOBODY, alice, bob):
        assert (await d.call("GET", path, who))["moderation_note"] is None
        listed = await d.pages(f"/posts?search={d.mark}", who, limit=10)
        assert {p["moderation_note"] for p in listed} == {None}
    assert (await d.call("GET", path, editor))["moderation_note"] == "spam?"


async def orders(d: Driver, alice: Who, bob: Who, admin: Who) -> None:
    """Parts made with the whole, sums over them, a range between fields, a lifecycle that freezes all of it."""
    product = await d.call("POST", "/products", admin, 201, name="P", price="2.50")
    other = await d.call("POST", "/products", admin, 201, name="Q", price="0.10", kind="3d_print")
    one = {"product_id": product["id"], "quantity": 3}
    await d.call("POST", "/orders", alice, 422, items=[{"product_id": str(uuid.uuid4()), "quantity": 1}])
    await d.call("POST", "/orders", alice, 422, items=[])
    early, late = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"
    await d.call("POST", "/orders", alice, 422, starts_at=late, ends_at=early, items=[one])
    order = await d.call(
        "POST", "/orders", alice, 201, starts_at=early, items=[one, {"product_id": other["id"], "quantity": 1}]
    )
    assert (order["total"], order["item_count"], order["status"]) == ("7.60", 4, "open")
    path = f"/orders/{order['id']}"
    await d.call("PATCH", path, alice, 422, version=1, ends_at="2023-01-01T00:00:00Z")
    await d.call("PATCH", path, bob, 404, version=1, ends_at=late)
    assert (await d.call("PATCH", path, alice, version=1, ends_at=late))["version"] == 2
    await d.call("PATCH", path, alice, 422, version=2, starts_at="2026-01-01T00:00:00Z")
    await d.call("DELETE", f"/products/{product['id']}", admin, 409)

    me = await d.call("GET", "/auth/me", bob)
    await d.call("POST", "/orders", admin, 422, items=[one])
    given = await d.call("POST", "/orders", admin, 201, customer_id=me["id"], items=[one])
    assert given["customer_id"] == me["id"]
    await d.call("POST", "/orders", alice, 422, customer_id=me["id"], items=[one])

    first, second = await d.pages(f"{path}/items", alice)
    options = f"/order-items/{first['id']}/options"
    option = await d.call("POST", options, alice, 201, label="red")
    await d.call("POST", options, bob, 404, label="red")
    await d.call("DELETE", f"{path}/items/{second['id']}", alice, 204)
    await d.call("DELETE", f"{path}/items/{first['id']}", alice, 409)

    await d.call("POST", f"{path}/pay", admin, 403)
    await d.call("POST", f"{path}/pay", bob, 404)
    assert (await d.call("POST", f"{path}/pay", alice))["status"] == "paid"
    await d.call("POST", f"{path}/pay", alice, 409)
    await d.call("PATCH", path, alice, 409, version=3, ends_at=None)
    await d.call("DELETE", path, alice, 409)
    await d.call("POST", options, alice, 409, label="blue")
    await d.call("PATCH", f"{options}/{option['id']}", alice, 409, version=1, label="blue")
    await d.call("POST", f"{path}/items", alice, 409, **one)
    await d.call("POST", f"{path}/void", alice, 403)
    assert (await d.call("POST", f"{path}/void", admin))["status"] == "void"


async def folders(d: Driver, alice: Who, bob: Who) -> None:
    """A tree has no cycles; a reference to what somebody owns must be to the caller's own."""
    top = await d.call("POST", "/folders", alice, 201, name="A")
    foreign = await d.call("POST", "/folders", bob, 201, name="B")
    await d.call("POST", "/folders", bob, 422, name="C", parent_id=top["id"])
    below = await d.call("POST", "/folders", alice, 201, name="A2", parent_id=top["id"])
    await d.call("PATCH", f"/folders/{top['id']}", alice, 409, version=1, parent_id=below["id"])
    await d.call("PATCH", f"/folders/{top['id']}", alice, 409, version=1, parent_id=top["id"])
    assert (await d.call("GET", f"/folders/{top['id']}", alice))["child_count"] == 1
    await d.call("PATCH", f"/folders/{below['id']}", alice, version=1, parent_id=None)
    await d.call("PATCH", f"/folders/{below['id']}", alice, 422, version=2, parent_id=foreign["id"])


async def main() -> None:
    settings = Settings(
        environment="test", database_url=URL, log_level="WARNING",
        rate_limit_anonymous=0, rate_limit_account=0, rate_limit_login=0,
    )  # fmt: skip
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        d = Driver(app, client)
        alice, bob = await d.person("alice"), await d.person("bob")
        admin, editor = await d.person("admin", "administrator"), await d.person("editor", "editor")
        posts = await profiles_and_posts(d, alice, bob, editor)
        await lists(d, posts)
        steps: list[Callable[[], Awaitable[None]]] = [
            lambda: toggles(d, alice, bob, editor, posts),
            lambda: comments(d, alice, bob, posts),
            lambda: restricted(d, (alice, bob, admin, editor), posts),
            lambda: orders(d, alice, bob, admin),
            lambda: folders(d, alice, bob),
        ]
        if NAMING == "camel":
            steps.append(lambda: cursors(d))
        for step in steps:
            await step()
    await app.state.database.dispose()


if __name__ == "__main__":
    asyncio.run(main())
