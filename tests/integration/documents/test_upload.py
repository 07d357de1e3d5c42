"""POST /documents with API Gateway's events: the form that S3 will hold uploads against."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.documents import upload_handler
from tests.fakes.documents import dropped
from tests.integration.documents.conftest import Send

KEY = "inbox/acme/2026/한국어 보고서 %2F 🪨.pdf"
BODY = {"name": KEY.removeprefix("inbox/acme/"), "size": 4211, "content_type": "application/pdf"}
ROUTE = "POST /documents"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DOCUMENTS_BUCKET", "documents")
    yield
    upload_handler.build_service.cache_clear()


def policy_of(answer: Any) -> Any:
    return json.loads(base64.b64decode(answer["upload"]["fields"]["policy"]))


def test_the_form_allows_this_very_upload_and_no_other(send: Send) -> None:
    status, answer = send(upload_handler.handler, ROUTE, BODY)
    assert status == 201
    assert (answer["key"], answer["document_id"]) == (KEY, dropped(KEY).document_id)
    assert answer["upload"]["method"] == "POST"
    assert answer["upload"]["url"] == "https://documents.s3.amazonaws.com/"
    assert answer["upload"]["fields"]["key"] == KEY
    assert answer["upload"]["fields"]["Content-Type"] == "application/pdf"
    conditions = policy_of(answer)["conditions"]
    for wanted in ({"bucket": "documents"}, {"key": KEY}, {"Content-Type": "application/pdf"}):
        assert wanted in conditions
    assert ["content-length-range", 4211, 4211] in conditions
    assert {"x-amz-algorithm": "AWS4-HMAC-SHA256"} in conditions


def test_the_form_ends_when_it_says(send: Send) -> None:
    _, answer = send(upload_handler.handler, ROUTE, BODY)
    told = datetime.fromisoformat(answer["expires_at"])
    signed = datetime.fromisoformat(policy_of(answer)["expiration"])
    assert abs(told - signed) < timedelta(seconds=5)
    assert timedelta(minutes=14) < told - datetime.now(UTC) <= timedelta(minutes=15)


def test_the_tenant_is_the_callers_whatever_the_name_says(send: Send) -> None:
    body = {**BODY, "name": "inbox/globex/a.pdf"}
    _, answer = send(upload_handler.handler, ROUTE, body, tenant="acme")
    assert answer["key"] == "inbox/acme/inbox/globex/a.pdf"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "../globex/a.pdf"}, "/name"),
        ({"name": ""}, "/name"),
        ({"size": 0}, "/size"),
        ({"size": 10**12}, "/size"),
        ({"size": "many"}, "/size"),
        ({"content_type": "video/mp4"}, "/content_type"),
        ({"tenant": "globex"}, "/tenant"),
    ],
)
def test_a_wrong_field_is_a_400_that_names_it(send: Send, change: dict[str, Any], pointer: str) -> None:
    status, answer = send(upload_handler.handler, ROUTE, {**BODY, **change})
    assert (status, answer["code"]) == (400, "invalid_request")
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


def test_a_key_without_the_scope_is_refused(send: Send) -> None:
    status, answer = send(upload_handler.handler, ROUTE, BODY, scopes="chat")
    assert (status, answer["code"]) == (403, "missing_scope")
