"""What every test relies on: no AWS account within reach, and sockets on the loopback interface only."""

from __future__ import annotations

import gc
import os

import pytest

# Before anything imports boto3: a developer's profile, region or endpoint must not leak into a test.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cheap tests first: a broken rule shows before the local stack starts."""
    order = ("architecture", "unit", "contract", "infrastructure", "integration", "e2e")
    items.sort(key=lambda item: order.index(item.nodeid.split("/")[1]))


def pytest_collection_finish() -> None:
    """The collector would walk through thousands of tests and modules, which stay anyway, again and again: half of a
    run's pauses of some seconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
