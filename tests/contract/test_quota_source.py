"""Quotas of batch inference as Service Quotas answers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.shared.adapters.service_quotas_reader import ServiceQuotasReader
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE

MODEL = "us.amazon.nova-lite-v1:0"
LABELS = {"amazon.nova-lite-v1:0": "Nova Lite V1"}
NAME = "Records per batch inference job for Nova Lite V1"


class ScriptedServiceQuotas:
    """Answers pages of one row each; `refused` makes it refuse."""

    def __init__(self, **rows: list[tuple[str, float]]) -> None:
        self.rows = rows
        self.calls = 0
        self.refused = False

    def get_paginator(self, operation: str) -> ScriptedPages:
        return ScriptedPages(self, operation)


class ScriptedPages:
    def __init__(self, service: ScriptedServiceQuotas, operation: str) -> None:
        self._service = service
        self._operation = operation

    def paginate(self, *, ServiceCode: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - botocore's name
        assert ServiceCode == "bedrock"
        self._service.calls += 1
        if self._service.refused:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, self._operation)
        for name, value in self._service.rows.get(self._operation, []):
            yield {"Quotas": [{"QuotaName": name, "Value": value}]}


@pytest.fixture
def service() -> ScriptedServiceQuotas:
    return ScriptedServiceQuotas(
        list_aws_default_service_quotas=[
            (NAME, 50_000.0),
            (f"Minimum number of {NAME[0].lower()}{NAME[1:]}", 100.0),
            ("Tokens per minute for Nova Lite V1", 1.0),
        ],
        list_service_quotas=[(NAME, 100_000.0)],
    )


def test_the_accounts_own_value_stands_and_each_says_where_it_comes_from(service: ScriptedServiceQuotas) -> None:
    known = ServiceQuotasReader(service, labels=LABELS, settings={"jobs": 2}).batch_quotas(MODEL)
    assert known.quotas == CONSERVATIVE._replace(records_per_job=100_000, jobs=2)
    assert (known.sources["records_per_job"], known.sources["jobs"], known.sources["job_bytes"]) == (
        "service-quotas", "settings", "default",
    )  # fmt: skip


def test_a_model_without_a_label_has_the_default(service: ScriptedServiceQuotas) -> None:
    known = ServiceQuotasReader(service, labels={}, settings={}).batch_quotas(MODEL)
    assert known.quotas == CONSERVATIVE and set(known.sources.values()) == {"default"}


def test_values_are_read_once_a_day(service: ScriptedServiceQuotas) -> None:
    hours = [0.0]
    reader = ServiceQuotasReader(service, labels=LABELS, settings={}, clock=lambda: hours[0] * 3600)
    for _ in range(3):
        reader.batch_quotas(MODEL)
    assert service.calls == 2, "the defaults and the account's own"
    hours[0] = 25
    reader.batch_quotas(MODEL)
    assert service.calls == 4


def test_what_cannot_be_read_leaves_the_conservative_default(service: ScriptedServiceQuotas) -> None:
    service.refused = True
    reader = ServiceQuotasReader(service, labels=LABELS, settings={})
    assert reader.batch_quotas(MODEL).quotas == CONSERVATIVE
    service.refused = False
    assert reader.batch_quotas(MODEL).quotas.records_per_job == 100_000, "a failure is not kept for a day"
