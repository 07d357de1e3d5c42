"""Stops and resumes bulk runs: DELETE /bulk-summaries/{id} and POST /bulk-summaries/{id}/resume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lambdas.bulk_runs.schema import ResumeBody, run_answer
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_shard_store import DynamoDbShardStore
from lambdas.shared.adapters.s3_run_files import S3RunFiles
from lambdas.shared.adapters.stepfunctions_bulk_workflow import StepFunctionsBulkWorkflow
from lambdas.shared.runtime.http import Request, Response, Route, decode_body, http_handler, idempotent, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.bulk.carry_run import CarryRun
from lambdas.shared.services.bulk.read_runs import ReadRuns
from lambdas.shared.services.bulk.resume_run import ResumeRun
from lambdas.shared.services.bulk.stop_run import StopRun


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    idempotency_table: str
    results_bucket: str
    state_machine_arn: str


@cache
def settings() -> Settings:
    return load_settings(Settings)


@cache
def build_carry() -> CarryRun:
    machine = settings().state_machine_arn
    return CarryRun(
        runs=DynamoDbBulkRunStore(aws_clients.dynamodb(), table=settings().bulk_table),
        workflow=StepFunctionsBulkWorkflow(aws_clients.step_functions(), state_machine_arn=machine),
    )


@cache
def build_reading() -> ReadRuns:
    return ReadRuns(
        runs=DynamoDbBulkRunStore(aws_clients.dynamodb(), table=settings().bulk_table),
        shards=DynamoDbShardStore(aws_clients.dynamodb(), table=settings().bulk_table),
        files=S3RunFiles(aws_clients.s3(), bucket=settings().results_bucket),
    )


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs the route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=settings().idempotency_table)
    # Models are called by the workflow, later: an error here has cost nothing.
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=lambda: 0).run


def resume_run(request: Request) -> Response:
    """202 with the run as it goes on; without a body it has the room it had."""
    body = decode_body(request, ResumeBody) if request.body else ResumeBody()
    run_id, tenant = request.path_parameters["id"], request.caller.tenant
    ResumeRun(build_carry()).resume(tenant, run_id, sweep_limit=body.sweep_limit, max_usd=body.max_usd)
    return json_response(run_answer(build_reading().one(tenant, run_id)), status=202)


def stop_run(request: Request) -> Response:
    """202 with the run as it is stopped; what its jobs have answered is kept."""
    run_id, tenant = request.path_parameters["id"], request.caller.tenant
    StopRun(build_carry()).stop(tenant, run_id)
    return json_response(run_answer(build_reading().one(tenant, run_id)), status=202)


handler = http_handler(
    {
        ("POST", "/bulk-summaries/{id}/resume"): idempotent(resume_run, build_idempotency),
        ("DELETE", "/bulk-summaries/{id}"): stop_run,
    },
    scope="bulk",
)
