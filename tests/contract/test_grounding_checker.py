"""The contextual grounding check: what it is asked on the wire, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from lambdas.shared.adapters.bedrock_grounding_checker import BedrockGroundingChecker
from lambdas.shared.domain.errors import ModelThrottledError
from lambdas.shared.domain.guardrail import BLOCKED, GuardrailUnits, Intervention
from lambdas.shared.domain.rag.grounding import GroundingChecker, GroundingQuestion
from tests.contract.bedrock_wire import Scenario, bedrock
from tests.contract.test_guardrail import COVERAGE, USAGE
from tests.fakes.guardrails import GUARDRAIL
from tests.fakes.passages import UNGROUNDED, ScriptedGroundingChecker

QUESTION = GroundingQuestion("When?", ["One.", "Two."], "In 1803.")
LOW = {"type": "GROUNDING", "threshold": 0.6, "score": 0.2, "action": "BLOCKED"}
HIGH = {"type": "RELEVANCE", "threshold": 0.5, "score": 0.9, "action": "NONE"}


def verdict(action: str, *filters: dict[str, Any]) -> Scenario:
    assessment = {"contextualGroundingPolicy": {"filters": list(filters)}}
    answer = {
        "usage": {**USAGE, **dict.fromkeys(USAGE, 0), "contextualGroundingPolicyUnits": 3},
        "action": action,
        "outputs": [],
        "assessments": [assessment],
        "guardrailCoverage": COVERAGE,
    }
    return Scenario(verdict=answer)


Check = Callable[[bool], GroundingChecker]


@pytest.fixture(params=["scripted", "bedrock"])
def checker(request: pytest.FixtureRequest) -> Iterator[Check]:
    with ExitStack() as stack:

        def over_the_wire(grounded: bool) -> GroundingChecker:
            scenario = verdict("NONE", HIGH) if grounded else verdict("GUARDRAIL_INTERVENED", LOW, HIGH)
            client, _ = stack.enter_context(bedrock(scenario))
            return BedrockGroundingChecker(client)

        scripted: Check = lambda grounded: ScriptedGroundingChecker(grounded=grounded)  # noqa: E731
        yield over_the_wire if request.param == "bedrock" else scripted


@pytest.mark.parametrize("grounded", [True, False])
def test_the_report_says_what_was_below_its_threshold_and_what_it_cost(checker: Check, grounded: bool) -> None:
    report = checker(grounded).check(QUESTION, guardrail=GUARDRAIL)
    assert report.blocked is not grounded
    assert report.interventions == (() if grounded else (UNGROUNDED,))
    assert report.units == GuardrailUnits(contextual_grounding=3)


def test_sources_question_and_answer_have_their_qualifiers() -> None:
    with bedrock(verdict("NONE")) as (client, server):
        BedrockGroundingChecker(client).check(QUESTION, guardrail=GUARDRAIL)
    assert server.bodies == [
        {
            "source": "OUTPUT",
            "content": [
                {"text": {"text": "One.", "qualifiers": ["grounding_source"]}},
                {"text": {"text": "Two.", "qualifiers": ["grounding_source"]}},
                {"text": {"text": "When?", "qualifiers": ["query"]}},
                {"text": {"text": "In 1803.", "qualifiers": ["guard_content"]}},
            ],
        }
    ]


def test_an_objection_without_a_reason_is_one() -> None:
    with bedrock(verdict("GUARDRAIL_INTERVENED")) as (client, _):
        report = BedrockGroundingChecker(client).check(QUESTION, guardrail=GUARDRAIL)
    assert report.interventions == (Intervention("contextual_grounding", "UNKNOWN", BLOCKED, "output"),)


def test_a_throttled_check_is_a_throttled_model() -> None:
    with (
        bedrock(Scenario(error=("ThrottlingException", "slow"))) as (client, _),
        pytest.raises(ModelThrottledError),
    ):
        BedrockGroundingChecker(client).check(QUESTION, guardrail=GUARDRAIL)
