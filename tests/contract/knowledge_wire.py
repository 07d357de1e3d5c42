"""A local Knowledge Base behind a real client, for the contract tests of the adapters that speak to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from local.bedrock import install
from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.clock import set_time_scale
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse


@contextmanager
def knowledge_base(name: str) -> Iterator[KnowledgeHouse]:
    """In a process of its own speed: a stage of ingestion lasts a millisecond."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install(EmbeddedBrain(piece_ms=1))
    set_time_scale(1000)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    config = Config(retries={"total_max_attempts": 1})

    @cache
    def clients(service: str) -> Any:
        return boto3.client(service, region_name="us-east-1", endpoint_url=f"http://{host}:{port}", config=config)

    try:
        yield KnowledgeHouse(clients, name)
    finally:
        server.stop()
        set_time_scale(1)
