"""Seam: moto's Service Quotas, which knows Amazon VPC only, answers for Amazon Bedrock from the quota table."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from local.quotas.batch_quotas import Quota, batch_quotas
from local.quotas.table import QuotaTable

CODE, NAME = "bedrock", "Amazon Bedrock"
_PAGE = 100
_defaults_of_moto = ServiceQuotasBackend.list_aws_default_service_quotas
_quota_of_moto = ServiceQuotasBackend.get_service_quota


def open_service_quotas(table: QuotaTable) -> None:
    """moto lacks three of the five operations; installing again replaces the table."""

    def applied(backend: Any, service: str) -> list[dict[str, Any]]:
        return _rows(backend, table.applied) if service == CODE else _defaults_of_moto(backend, service)

    def default(backend: Any, service: str) -> list[dict[str, Any]]:
        return _rows(backend, lambda quota: quota.value) if service == CODE else _defaults_of_moto(backend, service)

    def one(backend: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        if service_code != CODE:
            found: dict[str, Any] = _quota_of_moto(backend, service_code, quota_code)
            return found
        return _with_code(applied(backend, service_code), quota_code)

    ServiceQuotasBackend.list_aws_default_service_quotas = default
    ServiceQuotasBackend.get_service_quota = one
    ServiceQuotasResponse.list_service_quotas = _listing(applied)
    ServiceQuotasResponse.list_aws_default_service_quotas = _listing(default)
    ServiceQuotasResponse.get_aws_default_service_quota = _single(default)


def _listing(rows: Callable[[Any, str], list[dict[str, Any]]]) -> Callable[[Any], str]:
    def answer(response: Any) -> str:
        given = json.loads(response.body)
        found = rows(response.backend, str(given.get("ServiceCode")))
        found = [each for each in found if given.get("QuotaCode") in (None, each["QuotaCode"])]
        start, size = _offset(given.get("NextToken")), int(given.get("MaxResults") or _PAGE)
        end = start + min(size, _PAGE)
        more = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {}
        return json.dumps({"Quotas": found[start:end], **more})

    return answer


def _single(rows: Callable[[Any, str], list[dict[str, Any]]]) -> Callable[[Any], str]:
    def answer(response: Any) -> str:
        given = json.loads(response.body)
        found = rows(response.backend, str(given.get("ServiceCode")))
        return json.dumps({"Quota": _with_code(found, str(given.get("QuotaCode")))})

    return answer


def _with_code(rows: list[dict[str, Any]], code: str) -> dict[str, Any]:
    for row in rows:
        if row["QuotaCode"] == code:
            return row
    raise NoSuchResource


def _offset(token: str | None) -> int:
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except (ValueError, binascii.Error):
        raise JsonRESTError("InvalidPaginationTokenException", "Invalid token was used.") from None


def _rows(backend: Any, value: Callable[[Quota], float]) -> list[dict[str, Any]]:
    arn = f"arn:aws:servicequotas:{backend.region_name}:{backend.account_id}:{CODE}/"
    return [
        {
            "ServiceCode": CODE,
            "ServiceName": NAME,
            "QuotaArn": arn + quota.code,
            "QuotaCode": quota.code,
            "QuotaName": quota.name,
            "Value": value(quota),
            "Unit": "None",
            "Adjustable": quota.adjustable,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }
        for quota in batch_quotas()
    ]
