"""POST /chat and /chat/stream with API Gateway's events, on moto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.chat import conversations_handler, turn_handler
from lambdas.shared.domain import errors
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, proxy_event, read_answer, read_stream
from tests.fakes.models import ScriptedChatModel

Script = Callable[..., ScriptedChatModel]


def chat(body: Any, *, resource: str = "/chat", context: Any = STREAMING, **event: Any) -> Answer:
    return read_answer(turn_handler.handler(proxy_event("POST", resource, body, **event), context))


def history(conversation_id: str, **event: Any) -> Answer:
    made = proxy_event("GET", "/conversations/{id}", path={"id": conversation_id}, **event)
    return read_answer(conversations_handler.handler(made, BUFFERED))


class TestChat:
    def test_answers_with_all_that_the_wire_promises(self, answering: Script) -> None:
        answering("Hello from here.")
        answer = chat({"message": "Hello"})
        assert answer.status == 200
        body = answer.json()
        conversation_id = body.pop("conversation_id")
        assert conversation_id.startswith("conv_")
        assert body == {
            "answer": "Hello from here.",
            "model": "acme.small-v1:0",
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1, "output_tokens": 3, "cache_read_tokens": 0, "cache_write_tokens": 0},
            "cost_usd": 0.000007,
            "ignored_parameters": [],
        }

    def test_remembers_the_turn_before(self, answering: Script) -> None:
        model = answering("Nice to meet you, Ann.", "You are Ann.")
        first = chat({"message": "I am Ann."}).json()
        second = chat({"message": "Who am I?", "conversation_id": first["conversation_id"]}).json()
        assert second["answer"] == "You are Ann."
        assert [message.text for message in model.requests[1].messages] == [
            "I am Ann.",
            "Nice to meet you, Ann.",
            "Who am I?",
        ]

    def test_writes_one_ledger_event_a_turn(self, answering: Script, dynamodb: Any) -> None:
        answering("Hello.")
        conversation_id = chat({"message": "Hello"}).json()["conversation_id"]
        (event,) = dynamodb.scan(TableName="ledger")["Items"]
        assert event["reference"]["S"] == conversation_id
        assert event["operation"]["S"] == "chat.turn"

    def test_all_fields_reach_the_model_and_the_ignored_are_named(self, answering: Script) -> None:
        model = answering("Hello.")
        parameters = {"temperature": 0.2, "top_p": 0.9, "top_k": 5, "max_tokens": 99_999, "stop_sequences": ["END"]}
        answer = chat({"message": "Hi", "model": "best", "system": "Be brief.", "parameters": parameters})
        assert answer.json()["model"] == "acme.large-v1:0"
        assert answer.json()["ignored_parameters"] == ["max_tokens"]
        sent = model.requests[0]
        assert (sent.system, sent.parameters.temperature, sent.parameters.top_k) == ("Be brief.", 0.2, 5)
        assert (sent.parameters.stop_sequences, sent.parameters.max_tokens) == (("END",), 1000)

    def test_works_buffered_too(self, answering: Script) -> None:
        answering("Hello.")
        assert chat({"message": "Hi"}, context=BUFFERED).json()["answer"] == "Hello."
        streamed = chat({"message": "Hi"}, resource="/chat/stream", context=BUFFERED)
        assert [name for name, _ in streamed.events()] == ["start", "delta", "done"]

    def test_the_log_has_numbers_and_no_text(self, answering: Script, capsys: pytest.CaptureFixture[str]) -> None:
        answering("SECRET answer.")
        chat({"message": "SECRET question"})
        logged = capsys.readouterr()
        assert "SECRET" not in logged.out + logged.err
        assert '"model":"acme.small-v1:0"' in logged.out


class TestStream:
    def test_starts_deltas_done(self, answering: Script) -> None:
        answering("One two three.")
        answer = chat({"message": "Count"}, resource="/chat/stream")
        assert answer.headers["content-type"].startswith("text/event-stream")
        start, *deltas, done = answer.events()
        assert start[0] == "start"
        assert set(start[1]) == {"conversation_id", "model"}
        assert deltas == [("delta", {"text": text}) for text in ("One", " two", " three.")]
        assert done[0] == "done"
        assert set(done[1]) == {
            "conversation_id",
            "model",
            "stop_reason",
            "usage",
            "cost_usd",
            "ignored_parameters",
        }
        assert start[1]["conversation_id"] == done[1]["conversation_id"]

    def test_a_break_is_an_error_event_and_what_had_arrived_is_kept(self, answering: Script) -> None:
        answering("One two three.", interrupt_after=2)
        start, *deltas, error = chat({"message": "Count"}, resource="/chat/stream").events()
        assert len(deltas) == 2
        assert (error[0], error[1]["code"], error[1]["status"]) == ("error", "model_stream_interrupted", 502)
        assert "interrupted" in error[1]["detail"]
        stored = history(start[1]["conversation_id"]).json()["items"]
        assert (stored[1]["text"], stored[1]["interrupted"]) == ("One two", True)

    def test_a_client_that_hangs_up_leaves_a_stored_turn(self, answering: Script) -> None:
        model = answering("One two three.")
        stream = turn_handler.handler(proxy_event("POST", "/chat/stream", {"message": "Count"}), STREAMING)
        chunks = [next(stream) for _ in range(3)]
        stream.close()
        start = read_stream([*chunks[:2]]).events()[0]
        stored = history(start[1]["conversation_id"]).json()["items"]
        assert (stored[1]["text"], stored[1]["interrupted"]) == ("One", True)
        assert model.closed_streams == 1

    def test_hanging_up_right_after_the_headers_stores_as_well(self, answering: Script, dynamodb: Any) -> None:
        answering("One two three.")
        stream = turn_handler.handler(proxy_event("POST", "/chat/stream", {"message": "Count"}), STREAMING)
        next(stream)
        stream.close()
        assert dynamodb.scan(TableName="conversations")["Count"] == 3

    @pytest.mark.parametrize("resource", ["/chat", "/chat/stream"])
    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (errors.ModelThrottledError("slow"), 429, "model_throttled"),
            (errors.ModelUnavailableError("gone"), 503, "model_unavailable"),
            (errors.ModelNotEnabledError("form"), 503, "model_not_enabled"),
            (errors.ModelRefusedRequestError("no"), 502, "model_refused_request"),
            (errors.ContextTooLongError("long"), 413, "context_too_long"),
            (KeyError("defect"), 500, "internal_error"),
        ],
    )
    def test_an_error_before_the_first_byte_has_its_status_and_leaves_nothing(
        self, answering: Script, dynamodb: Any, resource: str, error: Exception, status: int, code: str
    ) -> None:
        answering(error)
        answer = chat({"message": "Hello"}, resource=resource)
        assert (answer.status, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert ("retry-after" in answer.headers) == (status == 429)
        assert dynamodb.scan(TableName="conversations")["Count"] == 0


class TestLease:
    def test_a_second_turn_at_once_is_a_409_before_any_model_call(self, answering: Script) -> None:
        model = answering("One two.")
        conversation_id = chat({"message": "Hello"}).json()["conversation_id"]
        body = {"message": "More", "conversation_id": conversation_id}
        running = turn_handler.handler(proxy_event("POST", "/chat/stream", body), STREAMING)
        next(running)
        for resource in ("/chat", "/chat/stream"):
            refused = chat(body, resource=resource)
            assert (refused.status, refused.json()["code"]) == (409, "conversation_busy")
            assert int(refused.headers["retry-after"]) > 0
        assert len(model.requests) == 2
        list(running)
        assert chat(body).status == 200


class TestIsolation:
    @pytest.mark.parametrize(
        "stranger",
        [
            {"tenant": "rival"},
            {"client": "app"},
            {"scopes": "chat delegate", "headers": {"X-Quarry-Subject": "bob"}},
        ],
        ids=["tenant", "client", "subject"],
    )
    def test_anothers_conversation_is_a_404(self, answering: Script, stranger: dict[str, Any]) -> None:
        model = answering("Secret.")
        conversation_id = chat({"message": "Hello"}).json()["conversation_id"]
        body = {"message": "More", "conversation_id": conversation_id}
        foreign = chat(body, **stranger)
        missing = chat({**body, "conversation_id": "conv_" + "0" * 26}, **stranger)
        assert (foreign.status, missing.status) == (404, 404)
        assert foreign.body == missing.body
        assert len(model.requests) == 1

    def test_a_body_cannot_name_its_owner(self, answering: Script) -> None:
        answering("Hi.")
        for field in ("tenant", "client", "subject", "owner"):
            assert chat({"message": "Hello", field: "rival"}).status == 400


class TestBadInput:
    @pytest.mark.parametrize("resource", ["/chat", "/chat/stream"])
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ("", None),
            ("hello", None),
            ("[]", ""),
            ('"Hello"', ""),
            ({}, "/message"),
            ({"message": None}, "/message"),
            ({"message": 5}, "/message"),
            ({"message": ["Hello"]}, "/message"),
            ({"message": ""}, "/message"),
            ({"message": " \n"}, "/message"),
            ({"message": "Hi", "conversation_id": "mine"}, "/conversation_id"),
            ({"message": "Hi", "conversation_id": 7}, "/conversation_id"),
            ({"message": "Hi", "model": ""}, "/model"),
            ({"message": "Hi", "system": " "}, "/system"),
            ({"message": "Hi", "tools": []}, "/tools"),
            ({"message": "Hi", "attachments": []}, "/attachments"),
            ({"message": "Hi", "response_format": {}}, "/response_format"),
            ({"message": "Hi", "parameters": {"temprature": 1}}, "/parameters/temprature"),
            ({"message": "Hi", "parameters": {"temperature": 1.01}}, "/parameters/temperature"),
            ({"message": "Hi", "parameters": {"temperature": -0.01}}, "/parameters/temperature"),
            ({"message": "Hi", "parameters": {"temperature": "1"}}, "/parameters/temperature"),
            ({"message": "Hi", "parameters": {"temperature": True}}, "/parameters/temperature"),
            ({"message": "Hi", "parameters": {"top_p": 2}}, "/parameters/top_p"),
            ({"message": "Hi", "parameters": {"top_k": 0}}, "/parameters/top_k"),
            ({"message": "Hi", "parameters": {"top_k": 1.5}}, "/parameters/top_k"),
            ({"message": "Hi", "parameters": {"max_tokens": 0}}, "/parameters/max_tokens"),
            ({"message": "Hi", "parameters": {"stop_sequences": ["a"] * 5}}, "/parameters/stop_sequences"),
            ({"message": "Hi", "parameters": {"stop_sequences": [" "]}}, "/parameters/stop_sequences/0"),
            ({"message": "Hi", "parameters": []}, "/parameters"),
        ],
    )
    def test_is_a_400_that_points_at_the_field(
        self, answering: Script, resource: str, body: Any, pointer: str | None
    ) -> None:
        model = answering("Hi.")
        answer = chat(body, resource=resource)
        assert (answer.status, answer.json()["code"]) == (400, "invalid_request")
        pointers = [error["pointer"] for error in answer.json().get("errors", [])]
        assert pointers == ([] if pointer is None else [pointer])
        assert not model.requests

    def test_an_unknown_model_is_named_with_what_works(self, answering: Script) -> None:
        answering("Hi.")
        answer = chat({"message": "Hi", "model": "gpt-x"})
        assert (answer.status, answer.json()["code"]) == (400, "unknown_model")
        assert "balanced" in answer.json()["detail"]
        assert answer.json()["errors"][0]["pointer"] == "/model"

    @pytest.mark.parametrize("text", ["x" * 2_000_000, "한" * 90_000])
    def test_a_huge_message_is_a_413_with_a_remedy(self, answering: Script, dynamodb: Any, text: str) -> None:
        model = answering("Hi.")
        answer = chat({"message": text})
        assert (answer.status, answer.json()["code"]) == (413, "too_large")
        assert "262,144" in answer.json()["detail"]
        assert not model.requests
        assert dynamodb.scan(TableName="conversations")["Count"] == 0

    def test_a_key_without_the_scope_is_a_403(self, answering: Script) -> None:
        answering("Hi.")
        assert chat({"message": "Hi"}, scopes="documents").status == 403

    def test_a_foreign_script_survives(self, answering: Script) -> None:
        answering("안녕하세요 \U0001f44b \u0000")
        answer = chat({"message": "인사해 줘 \u2028\u0000"}).json()
        assert answer["answer"] == "안녕하세요 \U0001f44b \u0000"
        stored = history(answer["conversation_id"]).json()["items"]
        assert [item["text"] for item in stored] == ["인사해 줘 \u2028\u0000", "안녕하세요 \U0001f44b \u0000"]
