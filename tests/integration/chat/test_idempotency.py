"""Idempotency-Key on POST /chat and /chat/stream, with API Gateway's events, on moto."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.chat import turn_handler
from lambdas.shared.domain import errors
from lambdas.shared.domain.chat_model import ChatReply, TokenUsage
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, Context, proxy_event, read_answer, read_stream
from tests.fakes.models import ScriptedChatModel

Script = Callable[..., ScriptedChatModel]
KEY = "7e1f0c1e-2b43-4f6c-8d7a-0d6b1f3f2a11"
BOTH = pytest.mark.parametrize("resource", ["/chat", "/chat/stream"])
ANY_TRANSFER = pytest.mark.parametrize("context", [BUFFERED, STREAMING], ids=["buffered", "streaming"])


def begin(body: Any, *, key: str = KEY, resource: str = "/chat", context: Context = STREAMING, **event: Any) -> Any:
    headers = {"Idempotency-Key": key, **event.pop("headers", {})}
    return turn_handler.handler(proxy_event("POST", resource, body, headers=headers, **event), context)


def send(body: Any, **options: Any) -> Answer:
    return read_answer(begin(body, **options))


def replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


def count(dynamodb: Any, table: str) -> int:
    return int(dynamodb.scan(TableName=table)["Count"])


@ANY_TRANSFER
class TestReplay:
    def test_the_same_answer_for_one_price(self, answering: Script, dynamodb: Any, context: Context) -> None:
        model = answering("First.", "Second.")
        first, again = (send({"message": "Hello"}, context=context) for _ in range(2))
        assert (again.status, again.body) == (first.status, first.body)
        assert (replayed(first), replayed(again)) == (False, True)
        assert again.headers["content-type"] == "application/json"
        assert (len(model.requests), count(dynamodb, "ledger")) == (1, 1)

    def test_a_stream_comes_back_as_one_delta(self, answering: Script, context: Context) -> None:
        model = answering("One two three.", "Other.")
        first, again = (send({"message": "Count"}, resource="/chat/stream", context=context) for _ in range(2))
        start, *deltas, done = first.events()
        assert len(deltas) == 3
        assert again.events() == [start, ("delta", {"text": "One two three."}), done]
        assert again.headers["content-type"] == first.headers["content-type"]
        assert (replayed(first), replayed(again)) == (False, True)
        assert len(model.requests) == 1

    def test_a_conversation_goes_on_once(self, answering: Script, dynamodb: Any, context: Context) -> None:
        answering("Hello.", "More.")
        conversation = send({"message": "Hello"}, context=context).json()["conversation_id"]
        more = {"message": "More", "conversation_id": conversation}
        first, again = (send(more, key="second", context=context) for _ in range(2))
        assert first.json() == again.json()
        assert count(dynamodb, "conversations") == 5


class TestBodies:
    @BOTH
    def test_another_body_is_a_422(self, answering: Script, resource: str) -> None:
        model = answering("Hello.")
        send({"message": "Hello"}, resource=resource)
        refused = send({"message": "Hullo"}, resource=resource)
        assert (refused.status, refused.json()["code"]) == (422, "idempotency_key_reused")
        assert refused.headers["content-type"] == "application/problem+json"
        assert not replayed(refused)
        assert len(model.requests) == 1

    def test_the_same_json_written_otherwise_is_the_same(self, answering: Script) -> None:
        model = answering("Hello.")
        send('{"message":"Hello","model":"fast"}')
        assert replayed(send('{ "model" : "fast", "message" : "Hello" }'))
        assert len(model.requests) == 1

    def test_another_route_is_another_call(self, answering: Script) -> None:
        model = answering("Hello.")
        assert not replayed(send({"message": "Hello"}))
        assert not replayed(send({"message": "Hello"}, resource="/chat/stream"))
        assert len(model.requests) == 2


class TestKeys:
    @pytest.mark.parametrize("key", ["", "a" * 256, "two words", "schlüssel"])
    @BOTH
    def test_a_bad_one_is_a_400_before_anything_is_paid(
        self, answering: Script, dynamodb: Any, resource: str, key: str
    ) -> None:
        model = answering("Hello.")
        refused = send({"message": "Hello"}, key=key, resource=resource)
        assert (refused.status, refused.json()["code"]) == (400, "invalid_request")
        assert "255" in refused.json()["detail"]
        assert (len(model.requests), count(dynamodb, "idempotency")) == (0, 0)

    def test_255_characters_are_taken(self, answering: Script) -> None:
        answering("Hello.")
        send({"message": "Hello"}, key="k" * 255)
        assert replayed(send({"message": "Hello"}, key="k" * 255))

    @pytest.mark.parametrize(
        "stranger",
        [
            {"tenant": "rival"},
            {"client": "app"},
            {"scopes": "chat delegate", "headers": {"X-Quarry-Subject": "bob"}},
        ],
        ids=["tenant", "client", "subject"],
    )
    @BOTH
    def test_strangers_never_meet(
        self, answering: Script, dynamodb: Any, resource: str, stranger: dict[str, Any]
    ) -> None:
        answering("SECRET.", "Theirs.")
        send({"message": "Hello"}, resource=resource)
        foreign = send({"message": "Hello"}, resource=resource, **stranger)
        assert not replayed(foreign)
        assert b"SECRET" not in foreign.body
        assert send({"message": "Another"}, resource=resource, **stranger).status == 422
        assert count(dynamodb, "idempotency") == 2

    def test_a_key_without_the_scope_gets_no_replay(self, answering: Script) -> None:
        answering("Hello.")
        send({"message": "Hello"})
        assert send({"message": "Hello"}, scopes="documents").status == 403


class TestInFlight:
    @BOTH
    def test_is_a_409_with_retry_after(self, answering: Script, resource: str) -> None:
        meanwhile: list[Answer] = []

        def ask_again(_: Any) -> str:
            meanwhile.append(send({"message": "Hello"}, resource=resource))
            return "Hello."

        model = answering(ask_again)
        first = send({"message": "Hello"}, resource=resource)
        (refused,) = meanwhile
        assert (refused.status, refused.json()["code"]) == (409, "idempotency_in_progress")
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        assert (first.status, len(model.requests)) == (200, 1)
        assert replayed(send({"message": "Hello"}, resource=resource))

    def test_a_function_that_dies_leaves_its_claim_until_it_cannot_be_running(
        self, answering: Script, dynamodb: Any
    ) -> None:
        answering("One two.")
        before = int(time.time() * 1000)
        dead = begin({"message": "Hello"}, resource="/chat/stream", context=Context(True, remaining_ms=120_000))
        next(dead)
        after = int(time.time() * 1000)
        (item,) = dynamodb.scan(TableName="idempotency")["Items"]
        assert before <= int(item["valid_until"]["N"]) - 130_000 <= after
        dead.close()


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (errors.ModelThrottledError("slow"), 429),
            (errors.ModelUnavailableError("gone"), 503),
            (errors.ModelNotEnabledError("form"), 503),
            (errors.ContextTooLongError("long"), 413),
            (errors.ModelRefusedRequestError("no"), 502),
        ],
    )
    @BOTH
    def test_that_cost_nothing_release_the_key(
        self, answering: Script, dynamodb: Any, resource: str, error: Exception, status: int
    ) -> None:
        answering(error, "Hello.")
        assert send({"message": "Hello"}, resource=resource).status == status
        assert count(dynamodb, "idempotency") == 0
        retried = send({"message": "Hello"}, resource=resource)
        assert (retried.status, replayed(retried)) == (200, False)

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("{", 400),
            ({"message": " "}, 400),
            ({"message": "Hi", "conversation_id": "conv_" + "0" * 26}, 404),
            ({"message": "x" * 300_000}, 413),
        ],
    )
    @BOTH
    def test_refusals_release_the_key_for_a_better_body(
        self, answering: Script, dynamodb: Any, resource: str, body: Any, status: int
    ) -> None:
        answering("Hello.")
        assert send(body, resource=resource).status == status
        assert count(dynamodb, "idempotency") == 0
        assert send({"message": "Hello"}, resource=resource).status == 200

    def test_a_busy_conversation_releases_the_key(self, answering: Script) -> None:
        answering("One two.")
        conversation = send({"message": "Hello"}, key="first").json()["conversation_id"]
        more = {"message": "More", "conversation_id": conversation}
        running = begin(more, key="second", resource="/chat/stream")
        next(running)
        busy = send(more, key="third")
        assert (busy.status, busy.json()["code"]) == (409, "conversation_busy")
        list(running)
        assert send(more, key="third").status == 200

    def test_a_paid_answer_that_broke_is_replayed_as_its_error(self, answering: Script, dynamodb: Any) -> None:
        model = answering("One two three.", interrupt_after=2)
        first, again = (send({"message": "Count"}) for _ in range(2))
        assert (first.status, first.json()["code"]) == (502, "model_stream_interrupted")
        assert (again.status, again.json()) == (502, first.json())
        assert replayed(again)
        assert (len(model.requests), count(dynamodb, "ledger")) == (1, 1)

    def test_so_is_a_paid_stream(self, answering: Script) -> None:
        model = answering("One two three.", interrupt_after=2)
        first, again = (send({"message": "Count"}, resource="/chat/stream") for _ in range(2))
        assert again.events() == [first.events()[0], first.events()[-1]]
        assert first.events()[-1][1]["code"] == "model_stream_interrupted"
        assert len(model.requests) == 1

    def test_so_is_a_blocked_turn_and_nothing_of_it_comes_back(self, answering: Script) -> None:
        model = answering(ChatReply("SECRET words", "guardrail_intervened", TokenUsage(3, 4)), "Hello.")
        first, again = (send({"message": "Hello"}) for _ in range(2))
        assert (first.status, first.json()["code"]) == (422, "blocked_by_guardrail")
        assert (again.status, again.json(), replayed(again)) == (422, first.json(), True)
        assert b"SECRET" not in again.body
        assert len(model.requests) == 1

    def test_a_paid_answer_that_could_not_be_stored_is_not_paid_for_again(
        self, answering: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = answering("Hello.")
        from lambdas.shared.adapters.dynamodb_conversation_store import DynamoDbConversationStore

        def fail(*_: Any, **__: Any) -> None:
            raise ConnectionError("SECRET")

        monkeypatch.setattr(DynamoDbConversationStore, "commit", fail)
        first = send({"message": "Hello"})
        monkeypatch.undo()
        answering("Second.")
        again = send({"message": "Hello"})
        assert (first.status, again.status, replayed(again)) == (500, 500, True)
        assert b"SECRET" not in again.body
        assert len(model.requests) == 1


class TestHangingUp:
    @pytest.mark.parametrize("chunks", [1, 2, 3, 4])
    def test_lets_the_turn_end_and_the_retry_replays_it(self, answering: Script, dynamodb: Any, chunks: int) -> None:
        model = answering("One two three.")
        stream = begin({"message": "Count"}, resource="/chat/stream")
        for _ in range(chunks):
            next(stream)
        stream.close()
        again = send({"message": "Count"}, resource="/chat/stream")
        assert replayed(again)
        assert [name for name, _ in again.events()] == ["start", "delta", "done"]
        assert again.events()[1] == ("delta", {"text": "One two three."})
        assert len(model.requests) == 1
        (event,) = dynamodb.scan(TableName="ledger")["Items"]
        assert event["outcome"]["S"] == "completed"


class TestWithoutTheHeader:
    def test_nothing_is_kept_and_nothing_replayed(self, answering: Script, dynamodb: Any) -> None:
        model = answering("Hello.")
        event = proxy_event("POST", "/chat", {"message": "Hello"})
        answers = [read_stream(turn_handler.handler(event, STREAMING)) for _ in range(2)]
        assert not any(replayed(answer) for answer in answers)
        assert (len(model.requests), count(dynamodb, "idempotency")) == (2, 0)

    def test_nothing_of_it_is_imported(self) -> None:
        program = (
            "import sys; from lambdas.chat import turn_handler; "
            "print([name for name in sys.modules if 'idempot' in name or 'sse_replay' in name])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


def test_the_log_says_replayed_and_neither_key_nor_text(answering: Script, capsys: pytest.CaptureFixture[str]) -> None:
    answering("SECRET answer.")
    for _ in range(2):
        send({"message": "SECRET question"}, key="SECRET-key")
    logged = capsys.readouterr()
    assert '"replayed":true' in logged.out
    assert "SECRET" not in logged.out + logged.err


def test_browsers_may_read_the_header(answering: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    answering("Hello.")
    monkeypatch.setenv("CORS_ORIGINS", "https://app.example.com")
    answer = send({"message": "Hello"}, headers={"Origin": "https://app.example.com"})
    assert "idempotency-replayed" in answer.headers["access-control-expose-headers"]
