"""Long texts are cut on their structure, and their notes are joined level by level."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.section_notes import grouped_notes, note_of
from lambdas.shared.domain.sections import split_sections
from lambdas.shared.domain.tokens import estimate_tokens
from tests.fakes.documents import SUMMARY

BOOK = "".join(f"# Chapter {number}\n\n" + f"It rained on day {number}. Nobody came.\n\n" * 40 for number in range(30))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_a_text_that_fits_is_one_section_with_its_parts_apart() -> None:
    assert split_sections(["Page one.", " ", "Page two.\n"], most_tokens=100) == ("Page one.\n\nPage two.",)


def test_a_book_is_cut_at_its_chapters() -> None:
    sections = split_sections([BOOK], most_tokens=4000)
    assert len(sections) > 4
    assert all(section.startswith("# Chapter ") for section in sections)
    assert squeezed("".join(sections)) == squeezed(BOOK)


def test_sections_are_about_equally_long() -> None:
    sizes = [estimate_tokens(section) for section in split_sections([BOOK], most_tokens=6000)]
    assert max(sizes) <= 6000 and min(sizes) > 0.5 * max(sizes)


def test_pages_stay_whole_where_they_can() -> None:
    pages = [f"Page {number}. " + "word " * 200 for number in range(20)]
    for section in split_sections(pages, most_tokens=1000):
        assert section.startswith("Page ")
        assert re.search(r"word\n\nPage", section) or section.count("Page") == 1


@pytest.mark.parametrize(
    "text", ["x" * 50_000, "말" * 20_000, "🪨" * 9_000, "word " * 20_000, "\n".join("ab" * 20_000)]
)
def test_a_text_without_structure_is_cut_all_the_same(text: str) -> None:
    sections = split_sections([text], most_tokens=1000)
    assert all(estimate_tokens(section) <= 1000 for section in sections)
    assert squeezed("".join(sections)) == squeezed(text)


@given(st.lists(st.text(max_size=300), max_size=12), st.integers(3, 60))
def test_nothing_is_lost_or_said_twice_and_nothing_is_too_long(parts: list[str], most: int) -> None:
    sections = split_sections(parts, most_tokens=most)
    assert squeezed("".join(sections)) == squeezed("".join(parts))
    assert all(estimate_tokens(section) <= most for section in sections)


def test_a_note_begins_with_its_title_and_says_where_it_stands() -> None:
    note = note_of(SUMMARY, number=2, of=9)
    assert note.startswith("A quiet year\n(section 2 of 9)\n\nNothing happened. It was noted.\n\n- Nothing happened.")


@given(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=40), st.integers(1, 400))
def test_each_level_has_fewer_texts_than_the_one_below(notes: list[str], most: int) -> None:
    groups = grouped_notes(notes, most_tokens=most)
    assert 1 <= len(groups) < len(notes)
    assert "\n\n".join(groups) == "\n\n".join(notes)
