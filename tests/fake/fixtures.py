"""The fixture `fake_api`: a fake API server for one test."""

from collections.abc import AsyncIterator

import pytest

from tests.fake.server import FakeApi

__all__ = ["fake_api"]


@pytest.fixture
async def fake_api() -> AsyncIterator[FakeApi]:
    """A fake API server, empty but for two namespaces."""
    async with FakeApi() as api:
        yield api
