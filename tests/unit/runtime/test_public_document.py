"""A public file over HTTP: the whole of it, or 304 to whom has it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.shared.runtime.public_document import public_document

CONTEXT = SimpleNamespace(aws_request_id="context-id")


@pytest.fixture
def handler(tmp_path: Path) -> Any:
    (tmp_path / "document.json").write_text('{"who": "Zoë"}', encoding="utf-8")
    return public_document(tmp_path / "document.json", content_type="application/json")


def event(**headers: str) -> dict[str, Any]:
    return {
        "httpMethod": "GET",
        "resource": "/openapi.json",
        "headers": headers,
        "requestContext": {"requestId": "request-id"},
    }


def test_it_answers_without_an_authorizer(handler: Any) -> None:
    answer = handler(event(), CONTEXT)
    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"]) == (200, '{"who": "Zoë"}', False)
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["headers"]["x-request-id"] == "request-id"
    assert answer["headers"]["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_gets_304_and_no_body(handler: Any, form: str) -> None:
    tag = handler(event(), CONTEXT)["headers"]["etag"]
    answer = handler(event(**{"If-None-Match": form.format(tag)}), CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (304, "")
    assert answer["headers"]["etag"] == tag


@pytest.mark.parametrize("tag", ['"other"', "", "garbage", '"'])
def test_who_has_another_one_gets_it(handler: Any, tag: str) -> None:
    assert handler(event(**{"if-none-match": tag}), CONTEXT)["statusCode"] == 200


def test_the_tag_follows_the_content(handler: Any, tmp_path: Path) -> None:
    before = handler(event(), CONTEXT)["headers"]["etag"]
    (tmp_path / "document.json").write_text("{}", encoding="utf-8")
    after = public_document(tmp_path / "document.json", content_type="application/json")
    assert after(event(), CONTEXT)["headers"]["etag"] != before


def test_browsers_of_allowed_origins_may_read_it(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "*")
    assert handler(event(origin="https://a.example.com"), CONTEXT)["headers"]["access-control-allow-origin"] == "*"
