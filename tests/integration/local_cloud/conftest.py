"""One local cloud on a free port for all probes; its functions are scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.cloud import Cloud, set_invoker
from tests.integration.local_cloud.support import ScriptedFunctions


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    running = Cloud(port=0)
    running.start()
    yield running
    running.close()


@pytest.fixture
def functions() -> Iterator[ScriptedFunctions]:
    scripted = ScriptedFunctions()
    set_invoker(scripted.invoke)
    yield scripted
    set_invoker(None)


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A name of this test alone, fit for buckets, queues and functions."""
    return f"{request.node.name}".lower().replace("_", "-").replace("[", "-").replace("]", "")[-50:].strip("-")
