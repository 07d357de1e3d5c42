"""A workshop for functions with an API in front, both closed after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.local_api.gateway_house import GatewayHouse
from tests.integration.local_functions.conftest import workshop
from tests.integration.local_functions.workshop import Workshop

__all__ = ["workshop"]


@pytest.fixture
def house(workshop: Workshop) -> Iterator[GatewayHouse]:
    made = GatewayHouse(workshop)
    yield made
    made.close()
