"""The to-do service as it is usually written by hand: FastAPI, async ORM, a session as a `yield` dependency.

It reads the tables that the generated service made, checks the same token and the same ownership in the query, and
answers with the same fields, so that requests per second can be compared. What the generated service does besides
(request ids, metrics, rate limits, security headers, a body limit) it leaves out.
"""

import datetime as dt
import os
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.types import DateTime

engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"))
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
bearer = HTTPBearer()


class Base(DeclarativeBase):
    pass


class TaskLabel(Base):
    __tablename__ = "tasks_labels"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    label_id: Mapped[UUID] = mapped_column(primary_key=True)


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str | None]
    due_date: Mapped[dt.date | None]
    priority: Mapped[str]
    completed: Mapped[bool]
    user_id: Mapped[UUID]
    version: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    labels: Mapped[list[TaskLabel]] = relationship(order_by=TaskLabel.label_id)

    @property
    def label_ids(self) -> list[UUID]:
        return [label.label_id for label in self.labels]


class TaskRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    description: str | None
    due_date: dt.date | None
    priority: Literal["low", "medium", "high"]
    completed: bool
    label_ids: list[UUID]
    user_id: UUID
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime


class TaskPage(BaseModel):
    items: list[TaskRead]
    total: int
    limit: int
    offset: int


async def get_session() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session


async def current_user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> UUID:
    try:
        claims = jwt.decode(credentials.credentials, os.environ["JWT_SECRET"], ["HS256"])
        return UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise HTTPException(401) from error


Session = Annotated[AsyncSession, Depends(get_session)]
User = Annotated[UUID, Depends(current_user)]


@app.get("/api/v1/tasks/{task_id}")
async def read_task(task_id: UUID, session: Session, user: User) -> TaskRead:
    statement = select(Task).options(selectinload(Task.labels)).where(Task.id == task_id, Task.user_id == user)
    task = (await session.scalars(statement)).one_or_none()
    if task is None:
        raise HTTPException(404)
    return TaskRead.model_validate(task)


@app.get("/api/v1/tasks")
async def list_tasks(
    session: Session,
    user: User,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> TaskPage:
    total = await session.scalar(select(func.count()).select_from(Task).where(Task.user_id == user))
    statement = (
        select(Task)
        .options(selectinload(Task.labels))
        .where(Task.user_id == user)
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(limit)
        .offset(offset)
    )
    tasks = (await session.scalars(statement)).all()
    return TaskPage(items=[TaskRead.model_validate(t) for t in tasks], total=total or 0, limit=limit, offset=offset)
