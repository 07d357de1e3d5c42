"""The bulk operations, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.bulk_runs.plan_schema import PlanAnswer
from lambdas.bulk_runs.schema import BulkBody, ResumeBody, RunAnswer, RunList
from lambdas.shared.domain import errors
from lambdas.shared.domain.bulk.archive_plan import BulkRunRefusedError
from lambdas.shared.domain.bulk.bulk_request import BulkRunActiveError
from lambdas.shared.domain.bulk.run_stores import RowChangedError
from lambdas.shared.runtime.operation import Operation, Parameter, page_parameters
from lambdas.shared.services.bulk.resume_run import BulkRunNotStoppedError

_RUN: dict[str, Any] = {
    "run_id": "run_5f1c0a9b7d3e4c2f8a6b1d90",
    "state": "RUNNING",
    "phase": "round",
    "counts": {"total": 500000, "succeeded": 131072, "failed": 12, "pending": 368916, "skipped": 0},
    "plan": {
        "jobs": 10,
        "batch": 500000,
        "on_demand": 0,
        "cost_usd": 253.19,
        "token_usd": 47.06,
        "guardrail_usd": 200,
        "finish_by": "2026-11-23T09:55:12.000Z",
        "complete": True,
    },
    "cost_usd": 64.77,
    "guardrail_usd": 52.43,
    "report_key": None,
    "source": "s3://acme-archive/letters/",
    "model": "us.amazon.nova-lite-v1:0",
    "style": "brief",
    "created_at": "2026-11-21T09:13:09.874Z",
    "reason": None,
    "stopping": False,
}
_BEGUN: dict[str, Any] = {
    **_RUN,
    "phase": "listing",
    "counts": {"total": 500000, "succeeded": 0, "failed": 0, "pending": 500000, "skipped": 0},
    "cost_usd": 0,
    "guardrail_usd": 0,
}
_ID = Parameter(
    name="id",
    place="path",
    schema={"type": "string", "pattern": "^run_[0-9a-f]{24}$"},
    description="A run of your tenant. Another tenant's is a 404, like one that does not exist.",
    example=_RUN["run_id"],
)
_ANY: dict[str, Any] = {"tag": "bulk", "scope": "bulk"}
_READ: dict[str, Any] = {**_ANY, "method": "GET", "handler": "bulk_runs/read"}

OPERATIONS = (
    Operation(
        **_ANY,
        method="POST",
        path="/bulk-summaries",
        name="startBulkRun",
        handler="bulk_runs/start",
        summary="Plan a bulk run, and start it",
        description=(
            "With `dry_run` the answer is a 200 with the plan (`PlanAnswer`: documents, tokens with their error, jobs, "
            "batch and on-demand records, price, finish time, where each quota came from, and why it may not start) "
            "and nothing is kept. Without it, a plan without refusals is started. A request lists 100,000 documents "
            "at most; `max_usd` and `deadline` of a larger archive are refused, `python -m ops bulk run` lists all."
        ),
        body=BulkBody,
        body_example={"source": "s3://acme-archive/letters/", "deadline": "72h", "max_usd": 200},
        idempotent=True,
        status=202,
        answer=RunAnswer,
        other_answers={200: PlanAnswer},
        answer_example=_BEGUN,
        errors=(BulkRunRefusedError, errors.UnknownModelError, BulkRunActiveError),
    ),
    Operation(
        **_READ,
        path="/bulk-summaries",
        name="listBulkRuns",
        summary="My tenant's bulk runs, newest first",
        parameters=page_parameters(default=20, largest=100),
        answer=RunList,
        answer_example={"items": [_RUN], "next_cursor": None},
    ),
    Operation(
        **_READ,
        path="/bulk-summaries/{id}",
        name="getBulkRun",
        summary="One with its live counts, its plan and what it has cost by now",
        parameters=(_ID,),
        answer=RunAnswer,
        answer_example=_RUN,
        errors=(errors.NotFoundError,),
    ),
    Operation(
        **_ANY,
        method="POST",
        path="/bulk-summaries/{id}/resume",
        name="resumeBulkRun",
        handler="bulk_runs/control",
        summary="Let a stopped run go on, perhaps with more room",
        description="The body may be left out. A run that goes on is left alone; one that lost its execution gets one.",
        parameters=(_ID,),
        body=ResumeBody,
        body_example={"max_usd": 300},
        idempotent=True,
        status=202,
        answer=RunAnswer,
        answer_example=_RUN,
        errors=(errors.NotFoundError, BulkRunNotStoppedError, RowChangedError),
    ),
    Operation(
        **_ANY,
        method="DELETE",
        path="/bulk-summaries/{id}",
        name="stopBulkRun",
        handler="bulk_runs/control",
        summary="Stop a run: its jobs are stopped, what they have answered is kept",
        description="It is STOPPED once its jobs are. One that has ended, or is stopped, stays as it is.",
        parameters=(_ID,),
        status=202,
        answer=RunAnswer,
        answer_example={**_RUN, "stopping": True},
        errors=(errors.NotFoundError, RowChangedError),
    ),
)
