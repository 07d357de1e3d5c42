"""POST /chat and /chat/stream behind a guardrail: problems, SSE errors, nothing stored, the price on the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lambdas.chat import turn_handler
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_catalog import ModelCatalog
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, proxy_event, read_answer
from tests.fakes.guardrails import GUARDRAIL, blocked_input, blocked_output, masked
from tests.fakes.models import ScriptedChatModel, model_card

Script = Callable[..., ScriptedChatModel]
WORD = {"policy": "word", "name": "CUSTOM_WORD", "action": "BLOCKED"}
SENT = "Well, you see The answer was blocked."


@pytest.fixture
def guarded(dynamodb: Any, monkeypatch: pytest.MonkeyPatch, answering: Script) -> Script:
    card = model_card()
    prices = GuardrailPrices(Decimal("0.15"), Decimal("0.15"), Decimal("0.1"))
    catalog = ModelCatalog([card], aliases={"fast": card.id, "balanced": card.id}, guardrail_prices=prices)
    monkeypatch.setattr(turn_handler, "load_catalog", lambda models: catalog)
    monkeypatch.setenv("GUARDRAIL_ID", GUARDRAIL.id)
    monkeypatch.setenv("GUARDRAIL_VERSION", GUARDRAIL.version)
    monkeypatch.setenv("GUARDRAIL_MESSAGES", json.dumps(GUARDRAIL.messages))
    return answering


def chat(body: Any, *, resource: str = "/chat", context: Any = STREAMING) -> Answer:
    return read_answer(turn_handler.handler(proxy_event("POST", resource, body), context))


@pytest.mark.parametrize("context", [STREAMING, BUFFERED])
@pytest.mark.parametrize("resource", ["/chat", "/chat/stream"])
def test_a_blocked_request_is_a_422_with_its_interventions(guarded: Script, resource: str, context: Any) -> None:
    guarded(blocked_input())
    answer = chat({"message": "SECRET"}, resource=resource, context=context)
    problem = answer.json()
    assert (answer.status, problem["status"], problem["title"]) == (422, 422, "Unprocessable Content")
    assert (problem["code"], problem["error"]["code"]) == ("blocked_by_guardrail", "blocked_by_guardrail")
    assert problem["interventions"] == [{**WORD, "source": "input"}]
    assert "SECRET" not in json.dumps(problem)


def test_a_block_after_the_first_byte_is_an_error_event(guarded: Script) -> None:
    guarded(blocked_output(SENT))
    answer = chat({"message": "Hi"}, resource="/chat/stream")
    names = [name for name, _ in answer.events()]
    assert names[:2] == ["start", "delta"] and names[-1] == "error" and "done" not in names
    error = answer.events()[-1][1]
    assert (error["status"], error["interventions"]) == (422, [{**WORD, "source": "output"}])


@pytest.mark.parametrize("resource", ["/chat", "/chat/stream"])
@pytest.mark.parametrize("reply", [blocked_input(), blocked_output(SENT)])
def test_a_blocked_turn_stores_its_cost_and_nothing_else(
    guarded: Script, dynamodb: Any, reply: Any, resource: str
) -> None:
    guarded(reply)
    chat({"message": "Hi"}, resource=resource)
    assert dynamodb.scan(TableName="conversations")["Items"] == []
    (event,) = dynamodb.scan(TableName="ledger")["Items"]
    assert (event["outcome"]["S"], event["error_code"]["S"]) == ("blocked", "blocked_by_guardrail")
    assert Decimal(event["guardrail_usd"]["N"]) == Decimal("0.0008")
    assert Decimal(event["cost_usd"]["N"]) == Decimal("0.0008") + (
        Decimal("0.002") if reply.usage.input_tokens else Decimal(0)
    )


def test_a_masked_answer_is_answered_and_stored_masked(guarded: Script, dynamodb: Any) -> None:
    model = guarded(masked("Pay with {CREDIT_DEBIT_CARD_NUMBER}."))
    body = chat({"message": "Hi"}).json()
    assert (body["answer"], body["cost_usd"]) == ("Pay with {CREDIT_DEBIT_CARD_NUMBER}.", 0.0028)
    assert "{CREDIT_DEBIT_CARD_NUMBER}" in json.dumps(dynamodb.scan(TableName="conversations")["Items"], default=str)
    assert model.requests[0].guardrail == GUARDRAIL


def test_the_log_says_the_code_and_no_text(guarded: Script, capsys: pytest.CaptureFixture[str]) -> None:
    guarded(blocked_input())
    chat({"message": "SECRET question"})
    logged = capsys.readouterr().out
    assert "blocked_by_guardrail" in logged
    assert "SECRET" not in logged and GUARDRAIL.messages[0] not in logged


def test_without_a_guardrail_the_model_is_asked_as_before(answering: Script, dynamodb: Any) -> None:
    model = answering("Hi.")
    assert chat({"message": "Hi"}).status == 200
    assert model.requests[0].guardrail is None
    assert "guardrail_usd" not in dynamodb.scan(TableName="ledger")["Items"][0]
