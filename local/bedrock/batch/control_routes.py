"""`/_quarry/quotas` and `/_quarry/batch-strangers` on the AWS port, for tests and for trying things out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from local.bedrock.batch.batch_jobs import BatchJobs
from local.bedrock.errors import BedrockError
from local.faults.api_call import read_body
from local.faults.control_route import QUOTAS_PATH
from local.quotas import QuotaSettingError, batch_quotas

_jobs: BatchJobs | None = None


def set_jobs(jobs: BatchJobs) -> None:
    """The routes act on these."""
    global _jobs
    _jobs = jobs


def answer_control(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """JSON in, JSON out; mistakes are 400 with `{"error": "<one line>"}`."""
    try:
        status, value = _answer(environ)
    except (QuotaSettingError, BedrockError, ValueError, KeyError, TypeError) as error:
        status, value = HTTPStatus.BAD_REQUEST, {"error": str(error) or repr(error)}
    body = json.dumps(value).encode() + b"\n"
    start_response(
        f"{status.value} {status.phrase}",
        [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
    )
    return [body]


def _answer(environ: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
    method, body = str(environ["REQUEST_METHOD"]), read_body(environ)
    if _jobs is None:
        return HTTPStatus.NOT_FOUND, {"error": "no local Bedrock is installed here"}
    if str(environ["PATH_INFO"]).rstrip("/") == QUOTAS_PATH:
        return _quotas(_jobs, method, body)
    return _strangers(_jobs, method, body)


def _quotas(jobs: BatchJobs, method: str, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
    """GET shows, POST sets some, DELETE goes back to the defaults."""
    if method == "POST":
        jobs.quotas.set(json.loads(body))
    elif method == "DELETE":
        jobs.quotas.reset()
    elif method != "GET":
        return HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"{method} is not known here: GET, POST or DELETE"}
    return HTTPStatus.OK, {"quotas": {quota.name: jobs.quotas.applied(quota) for quota in batch_quotas()}}


def _strangers(jobs: BatchJobs, method: str, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
    """POST `{"modelId": ..., "count": 3}`: so many foreign jobs run, until another count is posted."""
    if method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"{method} is not known here: POST"}
    given = json.loads(body)
    count = given.get("count") if isinstance(given, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 0 or not isinstance(given.get("modelId"), str):
        raise ValueError('`{"modelId": "amazon.nova-lite-v1:0", "count": 2}` is expected')
    running = jobs.strangers(given["modelId"], count)
    return HTTPStatus.OK, {"strangers": [{"jobArn": job.arn, "modelId": job.model.model_id} for job in running]}
