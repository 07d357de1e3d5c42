"""Citations are spans of the answer, each with words that stand in its passage; all others are left out."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.rag.answer_reader import AnswerReader, ReadAnswer
from lambdas.shared.domain.rag.citations import is_supported, verified_citations
from tests.fakes.passages import passage

MILL = passage(1, "The mill was completed in the autumn of 1803. It was sold in 1850.", score=0.9)
BRIDGE = passage(2, "The bridge is 40 metres long and made of oak.", score=0.7)


def read(text: str) -> ReadAnswer:
    reader = AnswerReader(question="?", instructions="none", key="k", told="")
    reader.feed(text)
    return reader.finish()[1]


def cited(text: str) -> list[tuple[str, str, str]]:
    answer = read(text)
    found = verified_citations(answer, [MILL, BRIDGE])
    return [(answer.text[each.start : each.end], each.passage_id, each.quote) for each in found]


class TestSpans:
    def test_a_citation_covers_its_sentence(self) -> None:
        first = 'It is old. The mill dates from 1803. [1: "completed in the autumn of 1803"]'
        text = f'{first} The bridge is long [2: "40 metres long"].'
        assert cited(text) == [
            ("The mill dates from 1803.", "p1", "completed in the autumn of 1803"),
            ("The bridge is long", "p2", "40 metres long"),
        ]

    def test_two_citations_of_one_sentence_share_it(self) -> None:
        spans = cited('Both are old. [1: "sold in 1850"] [2: "made of oak"]')
        assert [each[0] for each in spans] == ["Both are old.", "Both are old."]

    def test_a_sentence_may_have_two_statements(self) -> None:
        spans = cited('It dates from 1803 [1: "autumn of 1803"], and the bridge is of oak [2: "made of oak"].')
        assert [each[0] for each in spans] == ["It dates from 1803", "and the bridge is of oak"]

    def test_all_fields_come_from_the_passage(self) -> None:
        (found,) = verified_citations(read('It is of oak. [2: "MADE OF OAK"]'), [MILL, BRIDGE])
        assert found._asdict() == {
            "start": 0, "end": 13, "passage_id": "p2", "document_id": "d2", "page": 2, "score": 0.7,
            "quote": "made of oak",
        }  # fmt: skip

    def test_a_citation_before_any_statement_is_none(self) -> None:
        assert cited('[1: "sold in 1850"]') == []


class TestChecks:
    @pytest.mark.parametrize(
        "marker",
        ['[3: "sold in 1850"]', '[0: "sold in 1850"]', '[2: "sold in 1850"]', '[1: "sold in 1851"]', '[1: ""]', "[9]"],
    )
    def test_what_is_not_in_the_passage_is_left_out(self, marker: str) -> None:
        assert cited(f"The mill was sold. {marker}") == []

    def test_a_number_alone_needs_a_sentence_that_says_it(self) -> None:
        assert cited("The mill was sold in 1850. [1]") == [("The mill was sold in 1850.", "p1", "It was sold in 1850.")]
        assert cited("The river froze every winter. [1]") == []

    def test_the_same_citation_counts_once(self) -> None:
        assert len(cited('It was sold. [1: "sold in 1850"][1: "sold in 1850"]')) == 1


class TestSupport:
    @pytest.mark.parametrize(
        ("text", "supported"),
        [
            ('It was sold in 1850. [1: "sold in 1850"]', True),
            ('It was sold in 1850. [1: "sold in 1850"] Yes.', True),
            ("It was sold in 1850.", False),
            ('It was sold. [1: "sold in 1850"] But then a long story follows here that nothing of it supports.', False),
            ("", False),
        ],
    )
    def test_half_of_the_words_need_a_citation(self, text: str, supported: bool) -> None:
        answer = read(text)
        assert is_supported(answer.text, verified_citations(answer, [MILL, BRIDGE])) is supported

    def test_two_citations_of_one_span_do_not_count_twice(self) -> None:
        answer = read('Sold. [1: "sold in 1850"][2: "made of oak"] And a rather longer tale.')
        assert not is_supported(answer.text, verified_citations(answer, [MILL, BRIDGE]))
