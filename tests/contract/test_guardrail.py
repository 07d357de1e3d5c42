"""Bedrock's guardrail on the wire: what is asked along with a model and alone, and what its assessments say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.bedrock_guardrail_checker import BedrockGuardrailChecker
from lambdas.shared.domain.chat_model import ChatMessage, ChatReply, ChatRequest
from lambdas.shared.domain.errors import ModelNotEnabledError, ModelThrottledError
from lambdas.shared.domain.guardrail import (
    GuardrailChecker,
    GuardrailReport,
    GuardrailUnits,
    Intervention,
)
from tests.contract.bedrock_wire import Scenario, bedrock
from tests.fakes.guardrails import GUARDRAIL, UNITS, InMemoryGuardrailChecker

REQUEST = ChatRequest(
    "amazon.nova-lite-v1:0",
    (ChatMessage("user", "old"), ChatMessage("assistant", "answer"), ChatMessage("user", "new", guarded=True)),
    guardrail=GUARDRAIL,
)
USAGE = {
    "topicPolicyUnits": 1,
    "contentPolicyUnits": 1,
    "wordPolicyUnits": 1,
    "sensitiveInformationPolicyUnits": 1,
    "sensitiveInformationPolicyFreeUnits": 1,
    "contextualGroundingPolicyUnits": 0,
    "contentPolicyImageUnits": 0,
    "automatedReasoningPolicyUnits": 0,
    "automatedReasoningPolicies": 0,
}
COVERAGE = {"textCharacters": {"guarded": 3, "total": 3}}
METRICS = {"guardrailProcessingLatency": 262, "usage": USAGE, "guardrailCoverage": COVERAGE}
SECRET = "4111 1111 1111 1111"
FINDINGS: dict[str, Any] = {
    "topicPolicy": {"topics": [{"name": "Weapons", "type": "DENY", "action": "BLOCKED", "detected": True}]},
    "contentPolicy": {
        "filters": [
            {"type": "INSULTS", "confidence": "HIGH", "filterStrength": "MEDIUM", "action": "BLOCKED"},
            {"type": "HATE", "confidence": "LOW", "filterStrength": "HIGH", "action": "NONE", "detected": True},
        ]
    },
    "wordPolicy": {
        "customWords": [{"match": SECRET, "action": "BLOCKED"}, {"match": SECRET, "action": "BLOCKED"}],
        "managedWordLists": [{"match": SECRET, "type": "PROFANITY", "action": "BLOCKED"}],
    },
    "sensitiveInformationPolicy": {
        "piiEntities": [{"match": SECRET, "type": "CREDIT_DEBIT_CARD_NUMBER", "action": "ANONYMIZED"}],
        "regexes": [{"name": "badge", "match": SECRET, "regex": "[0-9]+", "action": "ANONYMIZED"}],
    },
    "invocationMetrics": METRICS,
}
ALL = tuple(
    Intervention(policy, name, action, "output")
    for policy, name, action in (
        ("topic", "Weapons", "BLOCKED"),
        ("content", "INSULTS", "BLOCKED"),
        ("word", "CUSTOM_WORD", "BLOCKED"),
        ("word", "PROFANITY", "BLOCKED"),
        ("sensitive_information", "CREDIT_DEBIT_CARD_NUMBER", "ANONYMIZED"),
        ("sensitive_information", "badge", "ANONYMIZED"),
    )
)
TRACE = {
    "guardrail": {
        "modelOutput": [SECRET],
        "inputAssessment": {"gr1": {"invocationMetrics": METRICS}},
        "outputAssessments": {"gr1": [FINDINGS]},
        "actionReason": "Guardrail blocked.",
    }
}


def last_of(stream: Iterator[str | ChatReply]) -> ChatReply:
    *_, reply = stream
    assert isinstance(reply, ChatReply)
    return reply


class TestWithAModel:
    def test_both_operations_send_the_guardrail_and_guard_the_new_message_alone(self) -> None:
        with bedrock(Scenario()) as (client, server):
            BedrockChatModel(client).reply(REQUEST)
            last_of(BedrockChatModel(client).stream(REQUEST))
            last_of(
                BedrockChatModel(client).stream(replace(REQUEST, guardrail=GUARDRAIL._replace(stream_mode="async")))
            )
        config = {"guardrailIdentifier": "gr1", "guardrailVersion": "3", "trace": "enabled"}
        assert [body["guardrailConfig"] for body in server.bodies] == [
            config,
            {**config, "streamProcessingMode": "sync"},
            {**config, "streamProcessingMode": "async"},
        ]
        for body in server.bodies:
            contents = [block for message in body["messages"] for block in message["content"]]
            assert contents == [{"text": "old"}, {"text": "answer"}, {"guardContent": {"text": {"text": "new"}}}]

    def test_without_a_guardrail_nothing_of_it_is_sent(self) -> None:
        with bedrock(Scenario()) as (client, server):
            reply = BedrockChatModel(client).reply(replace(REQUEST, guardrail=None))
        assert "guardrailConfig" not in server.bodies[0]
        assert "guardContent" not in str(server.bodies[0])
        assert reply.guardrail is None

    @pytest.mark.parametrize("streams", [False, True])
    def test_the_trace_says_who_intervened_and_how_much_was_assessed(self, streams: bool) -> None:
        with bedrock(Scenario(trace=TRACE, stop_reason="guardrail_intervened")) as (client, _):
            model = BedrockChatModel(client)
            reply = last_of(model.stream(REQUEST)) if streams else model.reply(REQUEST)
        assert reply.guardrail == GuardrailReport(ALL, UNITS)
        assert reply.guardrail.blocked
        assert SECRET not in repr(reply)

    def test_input_and_output_are_told_apart(self) -> None:
        word = {"wordPolicy": {"customWords": [{"match": "x", "action": "BLOCKED"}]}, "invocationMetrics": METRICS}
        trace = {"guardrail": {"inputAssessment": {"gr1": word}}}
        with bedrock(Scenario(trace=trace)) as (client, _):
            report = BedrockChatModel(client).reply(REQUEST).guardrail
        assert report == GuardrailReport(
            (Intervention("word", "CUSTOM_WORD", "BLOCKED", "input"),), GuardrailUnits(1, 1, 1)
        )

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("AccessDeniedException", "User: x is not authorized to perform: bedrock:ApplyGuardrail on resource: y"),
            ("ResourceNotFoundException", "Guardrail was not found."),
            ("ValidationException", "The guardrail identifier or version provided in the request does not exist."),
        ],
    )
    def test_a_guardrail_that_cannot_be_asked_says_so(self, code: str, message: str) -> None:
        with bedrock(Scenario(error=(code, message))) as (client, _):
            with pytest.raises(ModelNotEnabledError, match="guardrail cannot be asked"):
                BedrockChatModel(client).reply(REQUEST)
            with pytest.raises(ModelNotEnabledError, match="guardrail cannot be asked"):
                BedrockGuardrailChecker(client).check("Hi", guardrail=GUARDRAIL, source="output")

    def test_a_trace_of_something_else_is_no_report(self) -> None:
        with bedrock(Scenario(trace={"promptRouter": {"invokedModelId": "m"}})) as (client, _):
            assert BedrockChatModel(client).reply(REQUEST).guardrail is None


Check = Callable[[Scenario], GuardrailChecker]


def verdict(action: str, outputs: list[str], *assessments: dict[str, Any]) -> dict[str, Any]:
    return {
        "usage": {**USAGE, "topicPolicyUnits": 2, "contentPolicyUnits": 2, "sensitiveInformationPolicyUnits": 2},
        "action": action,
        "outputs": [{"text": text} for text in outputs],
        "assessments": list(assessments),
        "guardrailCoverage": COVERAGE,
    }


@pytest.fixture(params=["in memory", "bedrock"])
def checker(request: pytest.FixtureRequest) -> Iterator[Check]:
    with ExitStack() as stack:

        def over_the_wire(scenario: Scenario) -> GuardrailChecker:
            client, _ = stack.enter_context(bedrock(scenario))
            return BedrockGuardrailChecker(client)

        yield over_the_wire if request.param == "bedrock" else lambda scenario: InMemoryGuardrailChecker()


class TestAlone:
    def test_a_text_that_passes_comes_back_as_it_was(self, checker: Check) -> None:
        checked = checker(Scenario(verdict=verdict("NONE", []))).check("Fine.", guardrail=GUARDRAIL, source="output")
        assert (checked.text, checked.report) == ("Fine.", GuardrailReport(units=UNITS))

    def test_a_text_that_is_masked_comes_back_masked(self, checker: Check) -> None:
        pii = [{"match": "4111", "type": "CREDIT_DEBIT_CARD_NUMBER", "action": "ANONYMIZED"}]
        found = {"sensitiveInformationPolicy": {"piiEntities": pii, "regexes": []}}
        scenario = Scenario(verdict=verdict("GUARDRAIL_INTERVENED", ["Pay {CREDIT_DEBIT_CARD_NUMBER}"], found))
        checked = checker(scenario).check("Pay 4111", guardrail=GUARDRAIL, source="output")
        assert checked.text == "Pay {CREDIT_DEBIT_CARD_NUMBER}"
        assert not checked.report.blocked and checked.report.interventions[0].source == "output"

    def test_a_text_that_is_blocked_is_reported(self, checker: Check) -> None:
        found = {"wordPolicy": {"customWords": [{"match": "forbidden", "action": "BLOCKED"}], "managedWordLists": []}}
        scenario = Scenario(verdict=verdict("GUARDRAIL_INTERVENED", ["The answer was blocked."], found))
        report = checker(scenario).check("forbidden", guardrail=GUARDRAIL, source="input").report
        assert report.blocked
        assert report.interventions == (Intervention("word", "CUSTOM_WORD", "BLOCKED", "input"),)
        assert report.units == UNITS


class TestAloneOnTheWire:
    def test_the_request_names_version_source_and_text(self) -> None:
        with bedrock(Scenario(verdict=verdict("NONE", []))) as (client, server):
            BedrockGuardrailChecker(client).check("Hi", guardrail=GUARDRAIL, source="output")
        assert server.bodies == [{"source": "OUTPUT", "content": [{"text": {"text": "Hi"}}]}]
        assert server.model_ids == ["gr1"]

    def test_an_objection_without_a_reason_blocks(self) -> None:
        with bedrock(Scenario(verdict=verdict("GUARDRAIL_INTERVENED", ["?"], {}))) as (client, _):
            checked = BedrockGuardrailChecker(client).check("Hi", guardrail=GUARDRAIL, source="output")
        assert checked.report.blocked and checked.text == ""

    def test_errors_are_told_in_our_words(self) -> None:
        with (
            bedrock(Scenario(error=("ThrottlingException", "slow"))) as (client, _),
            pytest.raises(ModelThrottledError),
        ):
            BedrockGuardrailChecker(client).check("Hi", guardrail=GUARDRAIL, source="output")
