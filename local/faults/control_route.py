"""`/_quarry/faults` on the AWS port: list, add and clear fault rules of the running stack as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from local.faults.api_call import read_body
from local.faults.book import FaultBook
from local.faults.rule import FaultRuleError, rules_from

PATH = "/_quarry/faults"
# Answered by local/bedrock/batch/control_routes.py, where there is a local Bedrock.
QUOTAS_PATH = "/_quarry/quotas"
STRANGERS_PATH = "/_quarry/batch-strangers"


def is_control(environ: dict[str, Any]) -> bool:
    """No bucket can be called `_quarry`, so no AWS request has this path."""
    path = str(environ.get("PATH_INFO", ""))
    return path == PATH or path.startswith(PATH + "/")


def answer_control(book: FaultBook, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """GET lists, POST adds a rule or `{"rules": [...]}`, DELETE clears all or, with `/<id>`, one."""
    try:
        status, value = _answer(book, environ)
    except (FaultRuleError, ValueError) as error:
        status, value = HTTPStatus.BAD_REQUEST, {"error": str(error)}
    body = json.dumps(value).encode() + b"\n"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def _answer(book: FaultBook, environ: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
    method, body = environ["REQUEST_METHOD"], read_body(environ)
    number = str(environ["PATH_INFO"]).removeprefix(PATH).strip("/")
    if method == "GET" and not number:
        return HTTPStatus.OK, {"rules": [each.as_json() for each in book.standing()]}
    if method == "POST" and not number:
        added = book.add(*rules_from(json.loads(body)))
        return HTTPStatus.CREATED, {"rules": [each.as_json() for each in added]}
    if method == "DELETE":
        if not number:
            return HTTPStatus.OK, {"removed": book.clear()}
        if number.isdigit() and book.clear(int(number)):
            return HTTPStatus.OK, {"removed": 1}
        return HTTPStatus.NOT_FOUND, {"error": f"there is no fault {number}"}
    return HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"{method} is not known here: GET, POST or DELETE {PATH}"}
