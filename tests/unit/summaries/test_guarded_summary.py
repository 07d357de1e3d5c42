"""A summary behind the guardrail: blocked, it ends FAILED with its reason and its cost; masked, it is a summary."""

from __future__ import annotations

from lambdas.shared.domain.chat_model import ChatReply
from tests.fakes.guardrails import BLOCKED_WORD, blocked_output, masked
from tests.unit.summaries.pipeline import ANSWER, Pipeline


def test_a_blocked_summary_fails_once_with_its_reason() -> None:
    pipeline = Pipeline(blocked_output())
    run = pipeline.drop()
    assert pipeline.carry_through(run) == "FAILED"
    failure = pipeline.document(run).failure
    assert failure is not None and failure.code == "blocked_by_guardrail"
    assert BLOCKED_WORD.name in failure.detail
    assert [event.outcome for event in pipeline.ledger.events] == ["blocked"]


def test_a_masked_summary_is_a_summary() -> None:
    reply = masked(ANSWER)
    assert isinstance(reply, ChatReply) and reply.stop_reason == "guardrail_intervened"
    pipeline = Pipeline(reply)
    assert pipeline.carry_through(pipeline.drop()) == "SUCCEEDED"
