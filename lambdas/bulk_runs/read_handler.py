"""Where bulk runs stand: GET /bulk-summaries and GET /bulk-summaries/{id}."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.bulk_runs.schema import run_answer, run_list
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_shard_store import DynamoDbShardStore
from lambdas.shared.adapters.s3_run_files import S3RunFiles
from lambdas.shared.runtime.http import Request, Response, http_handler, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.bulk.read_runs import ReadRuns


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str


@cache
def build_service() -> ReadRuns:
    settings = load_settings(Settings)
    return ReadRuns(
        runs=DynamoDbBulkRunStore(aws_clients.dynamodb(), table=settings.bulk_table),
        shards=DynamoDbShardStore(aws_clients.dynamodb(), table=settings.bulk_table),
        files=S3RunFiles(aws_clients.s3(), bucket=settings.results_bucket),
    )


def list_runs(request: Request) -> Response:
    """`?limit=&cursor=` -> `{items[], next_cursor}`, newest first."""
    query = request.query
    page = build_service().page(request.caller.tenant, limit=query.get("limit"), cursor=query.get("cursor"))
    return json_response(run_list(page))


def get_run(request: Request) -> Response:
    """404 also for another tenant's run: nobody learns that it exists."""
    return json_response(run_answer(build_service().one(request.caller.tenant, request.path_parameters["id"])))


handler = http_handler({("GET", "/bulk-summaries"): list_runs, ("GET", "/bulk-summaries/{id}"): get_run}, scope="bulk")
