"""Style, language and instructions: how they reach the prompt, and how they tell summaries apart."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.summary_options import MAX_INSTRUCTIONS, STYLES, SummaryOptions
from lambdas.shared.domain.summary_request import PROMPTS, SummaryPrompts, SummaryRequests
from tests.fakes.models import model_card, small_catalog
from tests.fakes.summaries import StaticPrompts
from tests.unit.summaries.pipeline import Pipeline


def requests(**options: Any) -> SummaryRequests:
    model = small_catalog(model_card(max_output_tokens=9_000)).resolve("fast")
    return SummaryPrompts(StaticPrompts(), section_tokens=60_000).requests(model, SummaryOptions(**options))


def test_every_style_has_a_prompt() -> None:
    assert set(PROMPTS) == set(STYLES)


@pytest.mark.parametrize(
    ("language", "rule"),
    [
        ("document", "Write in the language of the document."),
        ("de", "Write in German (de), whatever the language of the document is."),
        ("pt-BR", "Write in Portuguese (pt-BR), whatever the language of the document is."),
        ("tlh", "Write in tlh, whatever the language of the document is."),
    ],
)
def test_the_language_is_a_rule_of_the_prompt(language: str, rule: str) -> None:
    (request,) = requests(language=language).requests(["Text."])
    assert request.system is not None and rule in request.system


@pytest.mark.parametrize(
    ("field", "value"),
    [("style", "epic"), ("language", "German"), ("language", ""), ("instructions", "x" * (MAX_INSTRUCTIONS + 1))],
)
def test_a_bad_option_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        SummaryOptions(**{field: value})
    assert raised.value.errors[0].pointer == f"/{field}"


def test_what_changes_the_words_changes_the_version_and_the_place_of_the_work() -> None:
    variants = [
        requests(),
        requests(style="bullets"),
        requests(language="de"),
        requests(instructions="Be kind."),
        requests(language="de", instructions="Be kind."),
    ]
    assert len({each.version(1) for each in variants}) == len({each.fingerprint for each in variants}) == 5
    assert requests().version(1) == "summarize_brief.v1"
    assert requests().version(2) == "summarize_brief.v1+section.v1"


def test_a_detailed_summary_has_more_room() -> None:
    room = [requests(style=style).requests(["Text."])[0].parameters.max_tokens for style in ("brief", "detailed")]
    assert room == [2000, 4000]


def test_a_tenant_gets_what_it_has_chosen_and_shares_no_summary_of_another_style() -> None:
    world = Pipeline()
    world.carry_through(world.drop())
    world.tenants.chosen["acme"] = SummaryOptions(style="bullets", instructions="Be kind.")
    run = world.drop(sequencer="02")
    assert world.carry_through(run) == "SUCCEEDED"
    assert len(world.ledger.events) == 2
    assert "Be kind." in (world.model.requests[-1].system or "")
    completion = world.document(run).completion
    assert completion is not None and completion.prompt_version.startswith("summarize_bullets.v1+")
