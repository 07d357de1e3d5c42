"""Documents of many sections: each section is asked for and paid once, whatever fails on the way."""

from __future__ import annotations

import json

import pytest

from lambdas.shared.domain.chat_model import ChatReply, TokenUsage
from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.errors import BlockedByGuardrailError, ModelThrottledError
from lambdas.shared.domain.execution import SummaryRun, run_of
from tests.fakes.documents import dropped, received
from tests.fakes.models import model_card
from tests.unit.summaries.pipeline import ANSWER, Pipeline

CHAPTERS = 24
LONG = "".join(f"# Chapter {n}\n\n" + "It rained, and it was noted. " * 100 + "\n\n" for n in range(CHAPTERS)).encode()


def world_of(*script: object, section_tokens: int = 4000) -> Pipeline:
    card = model_card(context_tokens=100_000, max_output_tokens=9_000)
    return Pipeline(*script, card=card, section_tokens=section_tokens)  # type: ignore[arg-type]


def retry_of(world: Pipeline, run: SummaryRun) -> SummaryRun:
    """The next attempt at the same version, as the API starts it."""
    again = run_of(dropped(run.key, version=run.version_id, sequencer="02", size=run.size), tenant="acme", attempt=2)
    world.store.register(received(again))
    return again


def test_each_section_is_asked_for_once_and_all_of_them_are_merged() -> None:
    world = world_of()
    run = world.drop(LONG)
    assert world.carry_through(run) == "SUCCEEDED"
    completion = world.document(run).completion
    assert completion is not None and completion.sections > 3
    assert len(world.model.requests) == completion.sections + 1 == completion.calls
    material = [request.messages[0].text for request in world.model.requests[:-1]]
    assert [text.count("# Chapter") for text in material] and sum(text.count("# Chapter") for text in material) == 24
    assert "section 1 of" in world.model.requests[-1].messages[0].text


def test_the_price_of_every_level_is_the_documents() -> None:
    world = world_of()
    run = world.drop(LONG)
    world.carry_through(run)
    costs = [event.cost_usd for event in world.ledger.events]
    document = world.document(run)
    assert document.cost_usd == sum(cost for cost in costs if cost is not None)
    assert document.completion is not None
    assert document.completion.input_tokens == sum(event.usage.input_tokens for event in world.ledger.events)


def test_levels_are_merged_until_one_request_is_left() -> None:
    world = world_of(
        json.dumps({**json.loads(ANSWER), "summary": "It was noted at length. " * 60}), section_tokens=1200
    )
    run = world.drop(LONG)
    assert world.carry_through(run) == "SUCCEEDED"
    names = [step.name for step in world.document(run).steps]
    assert (
        names[:3] == ["prepare", "sections_0", "merge_0"] and "merge_1" in names and names[-2:] == ["infer", "collect"]
    )


def test_the_state_has_the_same_size_whatever_the_documents() -> None:
    world = world_of()
    small, large = (len(repr(world.prepare(world.drop(body, key)))) for body, key in
                    ((LONG[:100], "inbox/acme/a.txt"), (LONG * 20, "inbox/acme/b.txt")))  # fmt: skip
    assert large - small < 40


def test_a_failed_section_fails_the_document_with_its_reason_and_keeps_the_others() -> None:
    world = world_of(ANSWER, BlockedByGuardrailError("no"), ANSWER)
    run = world.drop(LONG)
    assert world.carry_through(run) == "FAILED"
    failure = world.document(run).failure
    assert failure is not None and failure.code == "blocked_by_guardrail"
    assert "1 of" in failure.detail and "section 2" in failure.detail


def test_a_retry_asks_for_the_missing_section_alone() -> None:
    world = world_of(ANSWER, BlockedByGuardrailError("no"), ANSWER)
    run = world.drop(LONG)
    world.carry_through(run)
    before = len(world.model.requests)
    again = retry_of(world, run)
    assert world.carry_through(again) == "SUCCEEDED"
    assert len(world.model.requests) - before == 2, "the missing section, and the merge"


def test_the_reason_of_an_earlier_attempt_is_not_told_again() -> None:
    world = world_of(ANSWER, BlockedByGuardrailError("no"), ANSWER)
    run = world.drop(LONG)
    world.carry_through(run)
    world.model.then(ModelThrottledError("busy"))  # its note is not written: it may pass
    again = retry_of(world, run)
    assert world.carry_through(again) == "FAILED"
    failure = world.document(again).failure
    assert failure is not None and failure.code == "section_failed"


def test_a_section_that_was_cut_is_asked_for_with_more_room() -> None:
    cut = ChatReply(text=ANSWER, stop_reason="max_tokens", usage=TokenUsage(10, 5))
    world = world_of(cut, ANSWER)
    run = world.drop(LONG)
    assert world.carry_through(run) == "SUCCEEDED"
    assert [request.parameters.max_tokens for request in world.model.requests[:3]] == [2000, 4000, 2000]


def test_slots_bound_the_calls_and_are_all_given_back() -> None:
    world = world_of(ANSWER, BlockedByGuardrailError("no"), ANSWER)
    run = world.drop(LONG)
    world.carry_through(run)
    assert world.slots.most_taken == 1 and world.slots.taken == 0


def test_a_section_longer_than_the_models_window_is_split_further() -> None:
    world = Pipeline(card=model_card(context_tokens=9_000))
    run = world.drop(b"word " * 20_000)
    assert world.carry_through(run) == "SUCCEEDED"
    completion = world.document(run).completion
    assert completion is not None and completion.sections > 2


@pytest.mark.parametrize("state", [DocumentState.SUMMARIZED])
def test_a_reused_long_document_costs_nothing(state: DocumentState) -> None:
    world = world_of()
    world.carry_through(world.drop(LONG))
    calls = len(world.model.requests)
    again = world.drop(LONG, "inbox/acme/copy.txt")
    assert world.carry_through(again) == "SUCCEEDED"
    assert world.document(again).state is state and len(world.model.requests) == calls
