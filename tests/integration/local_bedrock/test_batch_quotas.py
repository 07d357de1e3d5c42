"""Service Quotas answers from the table that the local Bedrock enforces."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.quotas import QuotaSettingError, QuotaTable, batch_quotas

CODE = "L-39FA8DCA"
NAME = "Minimum number of records per batch inference job for Nova Lite V1"


@pytest.fixture
def service(clients: Any, quotas: QuotaTable) -> Any:
    return clients("service-quotas")


def listed(service: Any, operation: str) -> dict[str, float]:
    pages = service.get_paginator(operation).paginate(ServiceCode="bedrock", PaginationConfig={"PageSize": 50})
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}


def test_applied_and_default_values_are_told_apart(service: Any) -> None:
    for values, expected in (
        (listed(service, "list_service_quotas"), 10),
        (listed(service, "list_aws_default_service_quotas"), 100),
    ):
        assert values[NAME] == expected and len(values) == len(batch_quotas()) > 100
    applied = service.get_service_quota(ServiceCode="bedrock", QuotaCode=CODE)["Quota"]
    default = service.get_aws_default_service_quota(ServiceCode="bedrock", QuotaCode=CODE)["Quota"]
    assert (applied["Value"], default["Value"]) == (10, 100)
    assert applied["QuotaArn"] == f"arn:aws:servicequotas:us-east-1:123456789012:bedrock/{CODE}"
    assert (applied["QuotaName"], applied["Adjustable"]) == (NAME, False)


def test_names_are_awss_prose_in_both_its_forms(service: Any) -> None:
    names = set(listed(service, "list_service_quotas"))
    assert {
        "Records per input file per batch inference job for Nova Pro V1",
        "Records per batch inference job for Claude Haiku 4.5",
        "Batch inference input file size (in GB) for Nova Lite V1",
        "Batch inference job size for Titan Text Embeddings V2 (in GB)",
        "Sum of in-progress and submitted batch inference jobs using a base model for Nova Micro V1",
    } <= names


def test_one_quota_can_be_listed_and_unknown_ones_are_refused(service: Any) -> None:
    (one,) = service.list_service_quotas(ServiceCode="bedrock", QuotaCode=CODE)["Quotas"]
    assert one["QuotaName"] == NAME
    for call in (service.get_service_quota, service.get_aws_default_service_quota):
        with pytest.raises(ClientError, match="NoSuchResourceException"):
            call(ServiceCode="bedrock", QuotaCode="L-00000000")
    with pytest.raises(ClientError, match="InvalidPaginationTokenException"):
        service.list_service_quotas(ServiceCode="bedrock", NextToken="####".replace("#", "/"))


def test_what_moto_knew_before_is_still_there(service: Any) -> None:
    assert service.list_aws_default_service_quotas(ServiceCode="vpc")["Quotas"]
    assert service.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")["Quota"]["ServiceCode"] == "vpc"
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        service.list_service_quotas(ServiceCode="nothing")


def test_quotas_are_set_by_kind_code_and_name() -> None:
    table = QuotaTable({"concurrent_jobs": 2, CODE: 5, "Records per batch inference job for Nova Pro V1": 7})
    assert table.limit("concurrent_jobs", "qwen.qwen3-32b-v1:0") == 2
    assert table.limit("minimum_records", "amazon.nova-lite-v1:0") == 5
    assert table.limit("minimum_records", "amazon.nova-micro-v1:0") == 100
    assert table.limit("records_per_job", "amazon.nova-pro-v1:0") == 7


def test_the_environment_sets_quotas_and_its_mistakes_are_named() -> None:
    assert QuotaTable.read({}).limit("job_gb", "amazon.nova-pro-v1:0") == 100
    table = QuotaTable.read({"LOCAL_QUOTAS": '{"minimum_records": 3}'})
    assert table.limit("minimum_records", "amazon.nova-lite-v1:0") == 3
    for written, words in (
        ("{", "LOCAL_QUOTAS"),
        ("[]", "JSON object"),
        ('{"minimal": 1}', "there is no quota 'minimal'"),
        ('{"minimum_records": -1}', "must be a number from 0 on"),
        ('{"minimum_records": true}', "must be a number"),
    ):
        with pytest.raises(QuotaSettingError, match=words):
            QuotaTable.read({"LOCAL_QUOTAS": written})


def test_every_code_and_name_stands_once() -> None:
    quotas = batch_quotas()
    assert len({quota.code for quota in quotas}) == len({quota.name for quota in quotas}) == len(quotas)
