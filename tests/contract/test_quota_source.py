"""Quotas of batch inference, on the fake and on the local Service Quotas; and what a service may answer besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.service_quotas_reader import ServiceQuotasReader
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE, QuotaSource
from local.quotas import QuotaTable
from local.quotas.service_quotas import open_service_quotas
from stacks.compiled_catalog import compile_catalog
from tests.fakes.bulk import StaticQuotas

MODEL = "us.amazon.nova-lite-v1:0"
LABELS = {"amazon.nova-lite-v1:0": "Nova Lite V1"}
NAME = "Records per batch inference job for Nova Lite V1"
ROOT = Path(__file__).parents[2]
GIGABYTE = 1024**3
# of every model of the account, but the sizes of jobs
ACCOUNT = {"records_per_job": 70_000, "records_per_file": 60_000, "minimum_records": 50, "jobs": 9}
LOCALLY = {**ACCOUNT, "concurrent_jobs": ACCOUNT["jobs"]}
SIZES = {"file_bytes": GIGABYTE, "job_bytes": 5 * GIGABYTE}

MakeSource = Callable[[dict[str, int]], QuotaSource]


@pytest.fixture(params=["in-memory", "service-quotas"])
def make_source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeSource]:
    """Makes sources, with settings, in an account whose quotas are `ACCOUNT`."""
    if request.param == "in-memory":
        models = {"amazon.nova-lite-v1:0": SIZES, "amazon.nova-pro-v1:0": {**SIZES, "job_bytes": 100 * GIGABYTE}}
        read = {id_: {**ACCOUNT, **sizes} for id_, sizes in models.items()}
        yield lambda settings: StaticQuotas(read, **settings)
        return
    with local_service_quotas(monkeypatch) as client:
        labels = {**LABELS, "amazon.nova-pro-v1:0": "Nova Pro V1"}
        yield lambda settings: ServiceQuotasReader(client, labels=labels, settings=settings)


@contextmanager
def local_service_quotas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    lists = ("list_service_quotas", "list_aws_default_service_quotas")
    singles = ("get_service_quota", "get_aws_default_service_quota")
    for patched in (ServiceQuotasBackend, ServiceQuotasResponse):
        for name in (*lists, *singles):  # as they are, to be put back when the test is over
            monkeypatch.setattr(patched, name, getattr(patched, name, None), raising=False)
    open_service_quotas(QuotaTable({name: LOCALLY[name] for name in LOCALLY if name != "jobs"}))
    with mock_aws():
        yield boto3.client("service-quotas")


def test_a_model_has_what_its_account_has(make_source: MakeSource) -> None:
    known = make_source({}).batch_quotas("amazon.nova-lite-v1:0")
    assert known.quotas._asdict() == {**ACCOUNT, **SIZES}
    assert set(known.sources.values()) == {"service-quotas"}


def test_a_profile_has_its_model_s_quotas(make_source: MakeSource) -> None:
    source = make_source({})
    assert source.batch_quotas(MODEL) == source.batch_quotas("amazon.nova-lite-v1:0")


def test_models_differ(make_source: MakeSource) -> None:
    assert make_source({}).batch_quotas("us.amazon.nova-pro-v1:0").quotas.job_bytes == 100 * GIGABYTE


def test_settings_go_before_what_the_account_says(make_source: MakeSource) -> None:
    known = make_source({"jobs": 2, "minimum_records": 10}).batch_quotas(MODEL)
    assert (known.quotas.jobs, known.quotas.minimum_records, known.quotas.records_per_job) == (2, 10, 70_000)
    assert [known.sources[name] for name in ("jobs", "records_per_job")] == ["settings", "service-quotas"]


def test_of_a_model_that_nobody_knows_the_conservative_defaults_hold(make_source: MakeSource) -> None:
    known = make_source({}).batch_quotas("acme.unheard-of-v1:0")
    assert known.quotas == CONSERVATIVE and set(known.sources.values()) == {"default"}


@pytest.mark.parametrize("settings", [{"jobs": 0}, {"workers": 3}, {"minimum_records": 70_001}])
def test_settings_that_make_no_sense_are_refused(make_source: MakeSource, settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"quota|records"):
        make_source(settings).batch_quotas(MODEL)


def test_every_label_of_the_catalogue_is_what_service_quotas_calls_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_catalog(ROOT)
    labels = load_catalog('{"aliases": {}, "allowed": []}').quota_labels
    with local_service_quotas(monkeypatch) as client:
        reader = ServiceQuotasReader(client, labels=labels, settings={})
        sources = {id_: set(reader.batch_quotas(id_).sources.values()) for id_ in labels}
    assert len(labels) > 10 and {id_ for id_, found in sources.items() if found != {"service-quotas"}} == set()


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
