"""Run inside a generated project: import all of it, migrate up and down, boot it. Usage: DRIVE FOLDER."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
os.chdir(FOLDER)
sys.path.insert(0, str(FOLDER))
URL = f"sqlite+aiosqlite:///{FOLDER}/random.db"
os.environ |= {"ENVIRONMENT": "test", "DATABASE_URL": URL}

import httpx  # noqa: E402 - the project's folder comes first
from alembic import command  # noqa: E402
from alembic.config import Config  # noqa: E402

from backend_agent.artifacts.openapi_compare import differences  # noqa: E402


async def boot() -> None:
    """Start the service, ask for its health and its document, stop it."""
    designed = json.loads(Path("openapi.json").read_text(encoding="utf-8"))  # noqa: ASYNC240 - nothing else runs yet
    from app.main import create_app  # type: ignore[import-not-found]  # the project's

    app = create_app()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for path in ("/healthz", "/readyz"):
                assert (await client.get(path)).status_code == 200, path
            served = (await client.get("/openapi.json")).json()
    assert differences(designed, served) == []


def main() -> None:
    """Import, migrate, boot."""
    for path in sorted([*Path("app").rglob("*.py"), *Path("tests").rglob("*.py")]):
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if module != "app.__main__":
            importlib.import_module(module)
    config = Config("alembic.ini")
    command.upgrade(config, "head")
    command.check(config)
    asyncio.run(boot())
    command.downgrade(config, "base")


if __name__ == "__main__":
    main()
