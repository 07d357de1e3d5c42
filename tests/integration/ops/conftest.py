"""One empty account per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.integration.ops.account import Account


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


@pytest.fixture
def left_behind(account: Account) -> Account:
    """Quarry was deployed and destroyed; two neighbours were not."""
    account.deploy("Quarry", "Quarry-Storage")
    account.fill(account.buckets()[0])
    account.destroy("Quarry-Storage")
    account.deploy("Quarry-Two", "Quarry-Two-Storage")
    account.deploy(None, "Quarry-Frontend", description="somebody's web page")
    return account
