"""The chat model without a network: LangChain's standard tests, and what it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from backend_agent.chat.offline import DraftChatModel


@pytest.fixture
def benchmark() -> Callable[[Callable[[], object]], None]:
    """Run what the standard tests would measure: once, without a clock."""

    def once(work: Callable[[], object]) -> None:
        work()

    return once


class TestStandardUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return DraftChatModel

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"model": "draft"}


class TestStandardIntegration(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return DraftChatModel

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"model": "draft"}

    @property
    def has_tool_calling(self) -> bool:
        return False  # it reads no question, so it cannot choose a tool's values

    @property
    def has_structured_output(self) -> bool:
        return True
