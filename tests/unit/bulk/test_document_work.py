"""One document through its levels: sections, merges, one outcome."""

from __future__ import annotations

import json
from decimal import Decimal

from lambdas.shared.domain.bulk.document_work import DocumentWork, work_from
from lambdas.shared.domain.bulk.more_room import with_more_room
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.record_result import RecordResult
from lambdas.shared.domain.bulk.spending import Spent

LONG = DocumentWork("doc_1", "archive", "bulk/a.pdf", "hash", ("doc_1_0_00000", "doc_1_0_00001", "doc_1_0_00002"))
SHORT = LONG._replace(open=("doc_1_0_00000",))
USD = Decimal("0.01")


def good(text: str) -> RecordResult:
    return RecordResult(text, None, Spent(USD))


def bad(code: str) -> RecordResult:
    return RecordResult("", code, Spent(USD))


def test_a_short_document_is_done_with_its_answer() -> None:
    work = SHORT.settled({"doc_1_0_00000": good("summary")})
    assert (work.summary_text, work.wants_merging, work.spent) == ("summary", False, Spent(USD))
    assert work.succeeded("key") == Outcome("doc_1", "bulk/a.pdf", "succeeded", result_key="key", spent=Spent(USD))


def test_what_is_not_answered_stays_open_and_what_is_answered_is_not_asked_again() -> None:
    first = LONG.settled({"doc_1_0_00000": bad("x"), "doc_1_0_00001": good("two"), "doc_1_0_00002": good("three")})
    assert (first.open, first.summary_text, first.wants_merging) == (("doc_1_0_00000",), None, False)
    second = first.settled({"doc_1_0_00000": good("one")})
    assert second.wants_merging
    assert second.texts == ("one", "two", "three"), "in the document's order, not in that of the answers"
    assert second.spent.cost_usd == 4 * USD


def test_a_level_above_begins_without_answers_and_its_single_answer_is_the_summary() -> None:
    done = LONG.settled({record_id: good(record_id) for record_id in LONG.open})
    merging = done.next_level((done.record_id(0),))
    assert (merging.open, merging.level, merging.answers) == (("doc_1_1_00000",), 1, {})
    assert merging.settled({"doc_1_1_00000": good("all")}).summary_text == "all"


def test_one_section_that_failed_is_the_document_s_one_failure() -> None:
    work = LONG.settled({"doc_1_0_00000": bad("x"), "doc_1_0_00001": good("two"), "doc_1_0_00002": bad("y")})
    assert work.failed("y") == Outcome("doc_1", "bulk/a.pdf", "failed", code="y", spent=Spent(3 * USD))
    assert work.code == "y"


def test_a_cost_that_is_not_known_stays_so() -> None:
    assert SHORT.settled({"doc_1_0_00000": RecordResult("t", None, Spent(None))}).spent.cost_usd is None


def test_work_survives_its_file() -> None:
    for work in (LONG, LONG._replace(spent=Spent(None, Decimal(1)), code="x", answers={"doc_1_0_00000": "é"}, level=2)):
        assert work_from(json.loads(json.dumps(work.as_row()))) == work


def test_an_answer_that_was_cut_gets_twice_the_room() -> None:
    body = {"messages": [], "inferenceConfig": {"maxTokens": 100, "temperature": 0.0}}
    assert with_more_room(body)["inferenceConfig"] == {"maxTokens": 200, "temperature": 0.0}
    assert body["inferenceConfig"] == {"maxTokens": 100, "temperature": 0.0}
    assert with_more_room({"messages": []}) == {"messages": []}
