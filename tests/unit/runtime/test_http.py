"""Requests in, answers out, both ways of transfer, and one log line for each."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from lambdas.shared.domain.errors import ConversationBusyError, InvalidInputError
from lambdas.shared.runtime.http import Request, Response, http_handler, json_response
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, Context, proxy_event, read_answer

SEEN: list[Request] = []


def echo(request: Request) -> Response:
    SEEN.append(request)
    return json_response({"body": request.body.decode(), "owner": request.caller.owner})


def call(route: Any = echo, context: Context = BUFFERED, scope: str | None = "chat", **event: Any) -> Answer:
    handler = http_handler({("POST", "/chat"): route}, scope=scope)
    made = proxy_event("POST", "/chat", **{"body": "{}", **event})
    return read_answer(handler(made, context))


def log_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


@pytest.mark.parametrize("context", [BUFFERED, STREAMING], ids=["buffered", "streamed"])
class TestBothWays:
    def test_an_answer_carries_status_type_and_request_id(self, context: Context) -> None:
        answer = call(context=context)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.headers["x-request-id"] == "11223344-5566-7788-99aa-bbccddeeff00"
        assert answer.json()["owner"] == "acme#shop#shop"

    def test_an_error_is_a_problem(self, context: Context) -> None:
        def busy(request: Request) -> Response:
            raise ConversationBusyError("busy", retry_after_seconds=5)

        answer = call(busy, context)
        assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
        assert answer.headers["retry-after"] == "5"
        assert answer.json()["code"] == "conversation_busy"

    def test_a_defect_is_a_500_without_details(self, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
        def broken(request: Request) -> Response:
            raise KeyError("user text")

        answer = call(broken, context)
        assert (answer.status, answer.json()["code"]) == (500, "internal_error")
        line = log_line(capsys)
        assert (line["exception"], line["level"], line["Failures"]) == ("KeyError", "ERROR", 1)
        assert any("broken" in frame for frame in line["stack"])
        assert "user text" not in json.dumps(line)

    def test_an_unknown_route_is_a_404(self, context: Context) -> None:
        handler = http_handler({}, scope="chat")
        assert read_answer(handler(proxy_event("POST", "/chat"), context)).status == 404

    def test_a_body_in_pieces_arrives_whole(self, context: Context) -> None:
        answer = call(lambda request: Response(200, iter([b"a", b"b"]), {"content-type": "text/plain"}), context)
        assert answer.body == b"ab"


class TestCaller:
    def test_comes_from_the_authorizer(self) -> None:
        assert call(tenant="t", client="c").json()["owner"] == "t#c#c"

    def test_without_an_authorizer_nobody_gets_in(self) -> None:
        event = proxy_event("POST", "/chat", "{}")
        del event["requestContext"]["authorizer"]
        assert read_answer(http_handler({("POST", "/chat"): echo})(event, BUFFERED)).status == 500

    @pytest.mark.parametrize("scopes", ["", "documents", "chats", "delegate"])
    def test_needs_the_scope(self, scopes: str) -> None:
        answer = call(scopes=scopes)
        assert (answer.status, answer.json()["code"]) == (403, "missing_scope")

    @pytest.mark.parametrize("scopes", ["chat", "documents chat", "admin"])
    def test_with_the_scope_gets_in(self, scopes: str) -> None:
        assert call(scopes=scopes).status == 200

    @pytest.mark.parametrize("scopes", ["chat delegate", "admin"])
    def test_a_delegate_names_its_subject(self, scopes: str) -> None:
        answer = call(scopes=scopes, headers={"X-Quarry-Subject": "ann@example.org"})
        assert answer.json()["owner"] == "acme#shop#ann@example.org"

    def test_others_may_not_name_a_subject(self) -> None:
        answer = call(headers={"x-quarry-subject": "ann"})
        assert (answer.status, answer.json()["code"]) == (403, "missing_scope")

    @pytest.mark.parametrize("subject", ["", "a#b", "a b", "x" * 129, "ann\n", "á"])
    def test_a_subject_has_a_form(self, subject: str) -> None:
        assert call(scopes="chat delegate", headers={"X-Quarry-Subject": subject}).status == 400


class TestBody:
    def test_base64_is_decoded(self) -> None:
        event = proxy_event("POST", "/chat", base64.b64encode("é".encode()).decode())
        event["isBase64Encoded"] = True
        assert read_answer(http_handler({("POST", "/chat"): echo})(event, BUFFERED)).json()["body"] == "é"

    def test_broken_base64_is_refused(self) -> None:
        event = {**proxy_event("POST", "/chat", "%%%"), "isBase64Encoded": True}
        assert read_answer(http_handler({("POST", "/chat"): echo})(event, BUFFERED)).status == 400

    def test_more_than_5_mib_is_refused(self) -> None:
        answer = call(body="x" * (5 * 1024 * 1024 + 1))
        assert (answer.status, answer.json()["code"]) == (413, "too_large")
        assert call(body="x" * (5 * 1024 * 1024)).status == 200

    def test_any_content_type_and_absent_parts_will_do(self) -> None:
        event = proxy_event("POST", "/chat") | {"headers": None, "multiValueHeaders": None}
        assert read_answer(http_handler({("POST", "/chat"): echo})(event, BUFFERED)).json()["body"] == ""


class TestJson:
    def test_money_is_a_number_and_unknown_money_is_null(self) -> None:
        body = json_response({"cost_usd": Decimal("0.000012"), "other": None}).body
        assert isinstance(body, bytes)
        assert json.loads(body, parse_float=Decimal) == {"cost_usd": Decimal("0.000012"), "other": None}

    def test_times_are_iso(self) -> None:
        body = json_response(datetime(2026, 11, 21, tzinfo=UTC)).body
        assert body == b'"2026-11-21T00:00:00Z"'

    def test_bytes_that_are_no_text_are_base64_in_a_buffered_answer(self) -> None:
        result = http_handler({("POST", "/chat"): lambda request: Response(200, b"\xff")})(
            proxy_event("POST", "/chat"), BUFFERED
        )
        assert (result["body"], result["isBase64Encoded"]) == ("/w==", True)


class TestCors:
    @pytest.mark.parametrize(
        ("allowed", "origin", "expected"),
        [
            ("*", "https://a.example", "*"),
            ("https://a.example", "https://a.example", "https://a.example"),
            ("https://b.example, https://a.example", "https://a.example", "https://a.example"),
            ("https://a.example", "https://evil.example", None),
            ("https://a.example", None, None),
            ("", "https://a.example", None),
        ],
    )
    @pytest.mark.parametrize("body", ["{}", None])
    def test_only_allowed_origins_are_answered_also_in_errors_and_streams(
        self, monkeypatch: pytest.MonkeyPatch, allowed: str, origin: str | None, expected: str | None, body: str | None
    ) -> None:
        def route(request: Request) -> Response:
            if not request.body:
                raise InvalidInputError("empty")
            return Response(200, iter([b"x"]))

        monkeypatch.setenv("CORS_ORIGINS", allowed)
        headers = {"origin": origin} if origin else {}
        for context in (BUFFERED, STREAMING):
            answer = call(route, context, body=body, headers=headers)
            assert answer.headers.get("access-control-allow-origin") == expected
            assert ("vary" in answer.headers) == (allowed not in ("", "*"))
            assert "x-request-id" in answer.headers.get("access-control-expose-headers", "") or expected is None


class TestStream:
    def test_starts_with_metadata_and_eight_nuls(self) -> None:
        handler = http_handler({("POST", "/chat"): lambda request: Response(201, iter([b"one", b"two"]))})
        chunks = list(handler(proxy_event("POST", "/chat"), STREAMING))
        assert chunks[0].endswith(b"\0" * 8)
        assert json.loads(chunks[0][:-8])["statusCode"] == 201
        assert chunks[1:] == [b"one", b"two"]

    def test_json_is_one_chunk(self) -> None:
        handler = http_handler({("POST", "/chat"): echo})
        assert len(list(handler(proxy_event("POST", "/chat", "{}"), STREAMING))) == 1

    def test_an_error_in_its_midst_goes_on_to_the_runtime(self, capsys: pytest.CaptureFixture[str]) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"one"
            raise OSError("gone")

        stream = http_handler({("POST", "/chat"): lambda request: Response(200, pieces())})(
            proxy_event("POST", "/chat"), STREAMING
        )
        next(stream), next(stream)
        with pytest.raises(OSError, match="gone"):
            next(stream)
        line = log_line(capsys)
        assert (line["status"], line["Failures"], line["exception"]) == (200, 1, "OSError")

    @pytest.mark.parametrize("taken", [1, 2])
    def test_closing_it_closes_the_body(self, taken: int, capsys: pytest.CaptureFixture[str]) -> None:
        body = Closable()
        stream = http_handler({("POST", "/chat"): lambda request: Response(200, body)})(
            proxy_event("POST", "/chat"), STREAMING
        )
        for _ in range(taken):
            next(stream)
        stream.close()
        assert body.closed
        assert log_line(capsys)["hung_up"] is True

    def test_buffered_a_failing_stream_still_gets_its_status(self) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"one"
            raise InvalidInputError("too late for others")

        assert call(lambda request: Response(200, pieces())).status == 400


class Closable:
    closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return b"x"

    def close(self) -> None:
        self.closed = True


class TestLog:
    def test_one_line_says_who_what_and_how_long_and_is_a_metric(self, capsys: pytest.CaptureFixture[str]) -> None:
        call(body='{"message": "secret text"}')
        line = log_line(capsys)
        assert (line["method"], line["resource"], line["status"]) == ("POST", "/chat", 200)
        assert (line["tenant"], line["client"]) == ("acme", "shop")
        assert line["request_id"] == "11223344-5566-7788-99aa-bbccddeeff00"
        assert line["duration_ms"] >= 0
        assert "secret" not in json.dumps(line)
        (metric,) = line["_aws"]["CloudWatchMetrics"]
        assert metric["Dimensions"] == [["function"]]
        assert {entry["Name"] for entry in metric["Metrics"]} == {"Duration", "Failures"}
        assert (line["Failures"], line["level"]) == (0, "INFO")

    def test_an_error_names_its_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        call(scopes="")
        line = log_line(capsys)
        assert (line["code"], line["status"], line["tenant"], line["Failures"]) == ("missing_scope", 403, "acme", 0)

    def test_the_time_left_reaches_the_route(self) -> None:
        call(context=Context(remaining_ms=1500))
        assert SEEN[-1].remaining_seconds() == 1.5
