"""A text that is summarized now: the same requests and checks as for a document, in one invocation."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatReply, TokenUsage
from lambdas.shared.domain.errors import (
    InvalidAnswerError,
    InvalidInputError,
    ModelThrottledError,
    ModelUnavailableError,
    TooLargeError,
    UnknownModelError,
)
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.summarize_text import MAX_TEXT_BYTES, SummarizeText, TextSummary, TextToSummarize
from tests.fakes.documents import SUMMARY
from tests.fakes.models import InMemoryLedger, Script, ScriptedChatModel, model_card, small_catalog
from tests.fakes.summaries import StaticPrompts
from tests.unit.summaries.pipeline import ANSWER

CALLER = Caller("acme", "web", "ada")


class World:
    def __init__(self, *script: Script) -> None:
        self.model, self.ledger = ScriptedChatModel(*(script or (ANSWER,))), InMemoryLedger()
        embedder = model_card("acme.embed-v1:0", kind="embedding")
        card = model_card(context_tokens=100_000, max_output_tokens=9_000)
        models = MeteredModels(models=self.model, catalog=small_catalog(card, embedder), ledger=self.ledger)
        self._service = SummarizeText(models=models, prompts=SummaryPrompts(StaticPrompts(), 4000))

    def summarize(self, text: str = "It rained.", model: str = "fast", **more: Any) -> TextSummary:
        return self._service.summarize(TextToSummarize(CALLER, text, SummaryOptions(), model, **more))


def test_a_text_is_one_call_of_the_callers() -> None:
    world = World()
    done = world.summarize()
    (event,) = world.ledger.events
    assert done.summary == SUMMARY and (done.sections, done.spent.calls) == (1, 1)
    assert (event.tenant, event.client, event.subject, event.operation) == ("acme", "web", "ada", "summaries.text")
    assert done.spent.usd == event.cost_usd and done.prompt_version == "summarize_brief.v1"


def test_a_long_text_is_read_in_sections_and_merged() -> None:
    world = World()
    done = world.summarize("It rained, and it was noted. " * 2000)
    assert done.sections > 1 and done.spent.calls == done.sections + 1 == len(world.model.requests)
    assert done.spent.usd == sum((event.cost_usd or Decimal(0)) for event in world.ledger.events)


def test_an_answer_that_cannot_be_used_is_asked_for_again_and_paid() -> None:
    cut = ChatReply(text=ANSWER, stop_reason="max_tokens", usage=TokenUsage(10, 5))
    world = World("No.", cut, ANSWER)
    done = world.summarize()
    assert [request.parameters.max_tokens for request in world.model.requests] == [2000, 2000, 4000]
    assert done.spent.calls == 3 == len(world.ledger.events)


def test_three_answers_that_cannot_be_used_are_an_error() -> None:
    world = World("No.")
    with pytest.raises(InvalidAnswerError):
        world.summarize()
    assert len(world.ledger.events) == 3


@pytest.mark.parametrize(
    ("text", "model", "error", "pointer"),
    [
        (" \n", "fast", InvalidInputError, "/text"),
        ("Text.", "gpt-9", UnknownModelError, "/model"),
        ("Text.", "acme.embed-v1:0", UnknownModelError, "/model"),
    ],
)
def test_bad_input_is_named_before_anything_is_paid(
    text: str, model: str, error: type[InvalidInputError], pointer: str
) -> None:
    world = World()
    with pytest.raises(error) as raised:
        world.summarize(text, model)
    assert raised.value.errors[0].pointer == pointer and not world.model.requests


def test_a_text_beyond_the_limit_is_sent_to_the_inbox() -> None:
    with pytest.raises(TooLargeError, match="Drop it as a document"):
        World().summarize("x" * (MAX_TEXT_BYTES + 1))


def test_throttling_is_the_callers_to_wait_for() -> None:
    with pytest.raises(ModelThrottledError):
        World(ModelThrottledError("later")).summarize()


def test_no_call_begins_that_the_invocation_could_not_end() -> None:
    left = iter([200.0, 30.0])
    world = World("No.", ANSWER)
    with pytest.raises(ModelUnavailableError, match="document"):
        world.summarize(remaining_seconds=lambda: next(left))
    assert len(world.model.requests) == 1


def test_the_materials_order_is_kept_in_the_merge() -> None:
    answers = iter(range(100))
    world = World(lambda _: json.dumps({**SUMMARY.as_json(), "title": f"Part {next(answers)}"}))
    world.summarize("It rained, and it was noted. " * 2000)
    merged = world.model.requests[-1].messages[0].text
    assert merged.index("Part 0") < merged.index("Part 1") < merged.index("Part 2")
