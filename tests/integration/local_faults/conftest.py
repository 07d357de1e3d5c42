"""One local cloud with its Bedrock for all fault tests; every test starts and ends without rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.bedrock import install
from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.cloud import Cloud, set_invoker
from local.faults import FaultBook, rules_from
from tests.integration.local_cloud.support import ScriptedFunctions

Add = Callable[..., None]


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    install(EmbeddedBrain(piece_ms=1))
    running = Cloud(port=0)
    running.start()
    yield running
    running.close()


@pytest.fixture
def faults(cloud: Cloud) -> Iterator[FaultBook]:
    cloud.faults.log = lambda line: None
    yield cloud.faults
    cloud.faults.clear()


@pytest.fixture
def add(faults: FaultBook) -> Add:
    """Put one rule in force: `add("throttle", operation="Converse")`."""

    def put(kind: str, **fields: Any) -> None:
        faults.add(*rules_from({"kind": kind, **fields}))

    return put


@pytest.fixture
def functions() -> Iterator[ScriptedFunctions]:
    scripted = ScriptedFunctions()
    set_invoker(scripted.invoke)
    yield scripted
    set_invoker(None)


@pytest.fixture
def client(cloud: Cloud) -> Callable[..., Any]:
    """A client that makes one attempt and waits for an answer as long as it is told."""

    def make(service: str, *, read_timeout: float = 10) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout)
        return boto3.client(service, endpoint_url=cloud.endpoint_url, config=config)

    return make


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A name of this test alone, fit for buckets, queues and functions."""
    return f"{request.node.name}".lower().replace("_", "-").replace("[", "-").replace("]", "")[-50:].strip("-")
