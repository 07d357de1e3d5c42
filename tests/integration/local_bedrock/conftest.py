"""A real moto server with the local Bedrock inside, on a free port, once for all tests of this folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from local.bedrock import install
from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.clock import set_time_scale
from local.quotas import QuotaTable
from tests.integration.local_bedrock import guardrails
from tests.integration.local_bedrock.batch_house import BatchHouse

CATALOG = """
[[models]]
id = "anthropic.claude-strict-v1:0"
kind = "chat"
context_tokens = 4_000
max_output_tokens = 100
lifecycle = { status = "active" }
profiles.us = { price_ratio = 1.10 }
profiles.global = { price_ratio = 1.00 }
[models.capabilities]
sampling = []
stop_sequences = false
system = false
native_schema = false
prefill = false

[[models]]
id = "amazon.nova-picky-v1:0"
kind = "chat"
lifecycle = { status = "legacy" }
[models.capabilities]
sampling = ["temperature", "top_p"]
top_k_field = "inferenceConfig.topK"
both_temperature_and_top_p = false

[[models]]
id = "amazon.titan-embed-text-v2:0"
kind = "embedding"
lifecycle = { status = "active" }
"""

Clients = Callable[[str], Any]


@pytest.fixture(scope="session")
def quota_table() -> QuotaTable:
    return QuotaTable()


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory, quota_table: QuotaTable) -> Iterator[str]:
    catalog: Path = tmp_path_factory.mktemp("catalog") / "models.toml"
    catalog.write_text(CATALOG, encoding="utf-8")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install(EmbeddedBrain(piece_ms=1), catalog=catalog, find_guardrail=guardrails.find, quotas=quota_table)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def clients(endpoint: str) -> Clients:
    config = Config(retries={"total_max_attempts": 1})
    return cache(lambda service: boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, config=config))


@pytest.fixture(scope="session")
def runtime(clients: Clients) -> Any:
    return clients("bedrock-runtime")


@pytest.fixture(scope="session")
def control(clients: Clients) -> Any:
    return clients("bedrock")


@pytest.fixture
def quotas(quota_table: QuotaTable) -> Iterator[QuotaTable]:
    """Ten records are enough; whatever a test sets besides ends with it."""
    quota_table.set({"minimum_records": 10})
    yield quota_table
    quota_table.reset()


@pytest.fixture
def house(clients: Clients, quotas: QuotaTable, request: pytest.FixtureRequest) -> Iterator[BatchHouse]:
    """Buckets and jobs of this test alone, at a speed at which a stage lasts two milliseconds."""
    set_time_scale(1000)
    yield BatchHouse(clients, request.node.name)
    set_time_scale(1)
