"""The operations of `bedrock` on batch inference jobs, from bytes to bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp

from local.bedrock.batch.batch_jobs import BatchJobs
from local.bedrock.errors import ValidationError
from local.bedrock.request_shape import check_model_id, operation, read_json, read_parameters, read_query
from local.bedrock.response_shape import HttpAnswer, write_result

_PAGE = 1000
Query = Mapping[str, str]


class BatchApi:
    """Answers CreateModelInvocationJob, GetModelInvocationJob, ListModelInvocationJobs and StopModelInvocationJob."""

    def __init__(self, jobs: BatchJobs) -> None:
        self._jobs = jobs

    def create(self, body: bytes, region: str, *, caller: str) -> HttpAnswer:
        """`caller`: the local function that asks, for fault rules; empty for anyone else."""
        model = operation("bedrock", "CreateModelInvocationJob")
        given = read_parameters(model, read_json(body))
        check_model_id(given["modelId"])
        job = self._jobs.submit(given, region, caller=caller)
        return write_result(model, {"jobArn": job.arn}, {})

    def get(self, identifier: str, region: str) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html"""
        model = operation("bedrock", "GetModelInvocationJob")
        read_parameters(model, {"jobIdentifier": identifier})
        return write_result(model, self._jobs.book.find(identifier, region).describe(), {})

    def stop(self, identifier: str, region: str) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_StopModelInvocationJob.html"""
        model = operation("bedrock", "StopModelInvocationJob")
        read_parameters(model, {"jobIdentifier": identifier})
        self._jobs.stop(self._jobs.book.find(identifier, region))
        return write_result(model, {}, {})

    def list(self, query: Query, region: str) -> HttpAnswer:
        """Newest first unless `sortOrder` says otherwise, in pages."""
        model = operation("bedrock", "ListModelInvocationJobs")
        wanted = read_query(model, query)
        start, size = wanted.get("nextToken", "0"), wanted.get("maxResults", _PAGE)
        if not start.isdigit():
            raise ValidationError("nextToken is not one that an earlier answer gave.")
        found = self._jobs.book.listed(region, _Filter(wanted), wanted.get("sortOrder", "Descending"))
        begin, end = int(start), int(start) + size
        result: dict[str, Any] = {"invocationJobSummaries": found[begin:end]}
        if end < len(found):
            result["nextToken"] = str(end)
        return write_result(model, result, {})


class _Filter:
    """The request's conditions on a summary."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self._wanted = wanted
        self._after = _time(wanted.get("submitTimeAfter"))
        self._before = _time(wanted.get("submitTimeBefore"))

    def __call__(self, summary: Mapping[str, Any]) -> bool:
        submitted: datetime = summary["submitTime"]
        return (
            self._wanted.get("nameContains", "") in summary["jobName"]
            and self._wanted.get("statusEquals", summary["status"]) == summary["status"]
            and (self._after is None or submitted > self._after)
            and (self._before is None or submitted < self._before)
        )


def _time(written: str | None) -> datetime | None:
    if written is None:
        return None
    parsed: datetime = parse_timestamp(written)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
