"""Extractive summaries: length wishes, order, near-duplicates, long and foreign texts."""

from __future__ import annotations

import pytest

from local.bedrock.brain import Brain
from local.bedrock.embedded.length_wish import LengthWish, read_length_wish
from local.bedrock.embedded.phrases import key_phrases
from local.bedrock.embedded.ranking import MOST_SENTENCES, RankedText
from local.bedrock.embedded.sentences import split_sentences
from tests.unit.local_bedrock.prompts import TELESCOPE, say


@pytest.mark.parametrize(
    ("instruction", "wish"),
    [
        ("Summarize in one sentence.", LengthWish(1)),
        ("Summarize in 3 sentences", LengthWish(3)),
        ("one paragraph of three to six sentences", LengthWish(6)),
        ("Give me five bullet points.", LengthWish(5, bullets=True)),
        ("A brief summary, please", LengthWish(2)),
        ("A detailed summary", LengthWish(8)),
        ("Summarize in at most 50 words", LengthWish(None, words=50)),
        ("Summarize this", LengthWish()),
    ],
)
def test_the_wish_for_a_length_is_read(instruction: str, wish: LengthWish) -> None:
    assert read_length_wish(instruction) == wish


def test_a_summary_quotes_sentences_in_their_order(brain: Brain) -> None:
    summary = say(brain, f"<document>\n{TELESCOPE}</document>\n\nSummarize the document.")
    sentences = split_sentences(summary)
    source = split_sentences(TELESCOPE)
    places = [source.index(sentence) for sentence in sentences]
    assert 3 <= len(places) <= 5
    assert places == sorted(places)


def test_bullets_and_one_sentence(brain: Brain) -> None:
    asked = f"<text>{TELESCOPE}</text>\n"
    assert len(say(brain, asked + "Summarize in three bullet points.").splitlines()) == 3
    assert len(split_sentences(say(brain, asked + "Summarize in one sentence."))) == 1


def test_tutorial_prompts_without_tags_are_understood(brain: Brain) -> None:
    for asked in (f"Summarize the following text:\n\n{TELESCOPE}", f"{TELESCOPE}\n\nSummarize the text above."):
        assert "Heron radio telescope stands on a hill" in say(brain, asked)


def test_a_summary_of_the_conversation_itself(brain: Brain) -> None:
    answer = say(brain, "I am Ada. I build telescopes.", "Noted.", "Please summarize our conversation.")
    assert "telescopes" in answer


def test_sentences_that_say_the_same_stand_once() -> None:
    text = RankedText(["The dish weighs 210 tonnes."] * 5 + ["Pulsars need a very stable clock."])
    assert sorted(text.central(5)) == ["Pulsars need a very stable clock.", "The dish weighs 210 tonnes."]


def test_long_texts_are_thinned_out_evenly() -> None:
    text = RankedText([f"Sentence number {number} speaks of something else." for number in range(20_000)])
    assert len(text.sentences) <= MOST_SENTENCES
    assert text.sentences[0].startswith("Sentence number 0")
    assert text.sentences[-1].startswith("Sentence number 19999")


def test_a_megabyte_is_summarized(brain: Brain) -> None:
    book = "\n".join(
        f"Chapter {n}. The crew of boat {n} sailed to harbour {n % 97} and sold {n} barrels." for n in range(13_000)
    )
    assert len(book) > 1_000_000
    assert len(split_sentences(say(brain, f"<document>{book}</document>\nSummarize."))) <= 10


def test_korean_sentences_are_split_and_summarized(brain: Brain) -> None:
    text = (
        "헤론 전파 망원경은 리스본 북쪽 언덕에 있다. 2019년에 리스본 대학교가 건설을 시작했다.\n"
        "주된 목적은 가까운 은하의 중성 수소를 조사하는 것이다. 건설 비용은 1800만 유로였다.\n"
        "2024년에는 폭풍으로 구동 모터가 손상되었다. 망원경은 6주 동안 멈추었다."
    )
    assert len(split_sentences(text)) == 6
    summary = say(brain, f"<document>{text}</document>\n문서를 요약해 주세요.")
    assert all(sentence in text for sentence in split_sentences(summary))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天下雨。我们在家！你呢？好", ["今天下雨。", "我们在家！", "你呢？", "好"]),
        ("Dr. Smith arrived at 5 p.m. in Rome. He left.", ["Dr. Smith arrived at 5 p.m. in Rome.", "He left."]),
        ("It cost 3.5 million. Fine!", ["It cost 3.5 million.", "Fine!"]),
        ("A line that is long enough to be wrapped by a\nprinter. Next.", None),
        ("# Title\n\n- one\n- two", ["Title", "one", "two"]),
        ("an exam-\nple of hyphens.", ["an example of hyphens."]),
        ("***\n---\n", []),
    ],
)
def test_sentences_are_found(text: str, sentences: list[str] | None) -> None:
    assert split_sentences(text) == (
        sentences or ["A line that is long enough to be wrapped by a printer.", "Next."] if sentences != [] else []
    )


REPORT = """The Mill at Sorn: Second Report

Prepared by the friends of the mill

Summary

The water wheel of the mill at Sorn turned again in May after ninety years of rest. However, it stopped in June.

The wheel

First, the axle of the wheel had to be turned on a lathe in the shipyard of the town. The oak for the paddles of the
wheel came from the forest of the parish. They were cut by hand in the mill. Each paddle of the wheel weighs as much as
two people. Each paddle was numbered. The wheel turns the stones of the mill through three gears of apple wood.
"""


def test_the_lead_of_a_report_is_told_and_nothing_that_leans_on_what_is_left_out() -> None:
    chosen = RankedText(split_sentences(REPORT)).central_in_order(3)
    assert chosen[0].startswith("The water wheel of the mill at Sorn turned again")
    assert not any(sentence.startswith(("First,", "However,", "They ")) for sentence in chosen)


def test_topics_are_no_weak_words() -> None:
    topics = key_phrases(REPORT, 5)
    assert "wheel" in topics
    assert not any(topic.casefold().startswith("each") for topic in topics)
