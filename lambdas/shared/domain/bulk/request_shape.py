"""What the requests of a run look like on average, from the prompts that write them."""

from __future__ import annotations

from collections.abc import Iterable

from lambdas.shared.domain.bulk.answered_usage import AnsweredUsage, usage_from_text
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_price import RequestShape
from lambdas.shared.domain.fit import estimate_input_tokens
from lambdas.shared.domain.guardrail import CHARACTERS_PER_UNIT
from lambdas.shared.domain.summary_request import SummaryRequests

_NOTHING = AnsweredUsage()
# What the prompts ask for, in tokens; an answer is JSON with a title, a summary, key points and topics.
_ANSWER_TOKENS = {"brief": 250, "bullets": 300, "detailed": 700}
_CHARACTERS_PER_TOKEN = 4
# Fewer answers than that say less of their average than the style does.
_FEWEST_ANSWERS = 20
# Earlier runs are asked until there are so many: the average of a thousand answers is known to some percent.
_ENOUGH_ANSWERS = 1000


def shape_of(requests: SummaryRequests, measured: AnsweredUsage = _NOTHING) -> RequestShape:
    """From what earlier answers took, or an estimate before anything was asked."""
    (empty,) = requests.requests(("",))
    typical = _ANSWER_TOKENS[requests.options.style]
    shape = RequestShape(
        section_tokens=requests.most_tokens,
        prompt_tokens=estimate_input_tokens(empty),
        prompt_characters=len(empty.system or "") + sum(len(message.text) for message in empty.messages),
        output_tokens=typical,
        # a text's last unit is half full on average
        output_units=typical * _CHARACTERS_PER_TOKEN / CHARACTERS_PER_UNIT + 0.5,
    )
    if measured.answers < _FEWEST_ANSWERS or not measured.estimated_tokens:
        return shape
    return shape._replace(
        output_tokens=measured.output_tokens / measured.answers,
        output_units=measured.units / measured.answers,
        input_factor=measured.input_tokens / measured.estimated_tokens,
        measured_on=measured.answers,
    )


def measured_by(runs: Iterable[BulkRun], *, model_id: str, style: str) -> AnsweredUsage:
    """What the answers of a tenant's last runs with this model and style took."""
    measured = AnsweredUsage()
    for run in sorted(runs, key=lambda run: run.created_at, reverse=True):
        if (run.model_id, run.style) == (model_id, style):
            measured = measured.plus(usage_from_text(run.usage))
        if measured.answers >= _ENOUGH_ANSWERS:
            break
    return measured
