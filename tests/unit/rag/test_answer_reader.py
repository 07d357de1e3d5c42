"""What is read out of an answer: its text without citations and links, the same whatever pieces it arrives in."""

from __future__ import annotations

import random

import pytest

from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.domain.rag.answer_reader import AnswerReader, ReadAnswer
from lambdas.shared.domain.rag.passage_prompt import PROMPT_VERSION

INSTRUCTIONS = FilePromptLibrary().load(PROMPT_VERSION).system
KEY = "5ca1ab1e5ca1ab1e"


def reader(question: str = "When was it built?", told: str = "") -> AnswerReader:
    return AnswerReader(question=question, instructions=INSTRUCTIONS, key=KEY, told=told)


def read(*pieces: str, question: str = "When was it built?", told: str = "") -> ReadAnswer:
    """The answer; what was sent on must be its text."""
    reading = reader(question, told)
    sent = "".join(reading.feed(piece) for piece in pieces)
    last, answer = reading.finish()
    assert sent + last == answer.text
    return answer


def marks(answer: ReadAnswer) -> list[tuple[int, str | None]]:
    return [(each.marker.number, each.marker.quote) for each in answer.placed]


class TestMarkers:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ('[2: "in 1803"]', [(2, "in 1803")]),
            ("[2]", [(2, None)]),
            ("[1, 3]", [(1, None), (3, None)]),
            ('[1: "a b"; 3: "c, d"]', [(1, "a b"), (3, "c, d")]),
            ("[2: “in 1803”]", [(2, "in 1803")]),
            ("[2: «in 1803»]", [(2, "in 1803")]),
            ("[2: 'the miller's house']", [(2, "the miller's house")]),
            ('[2: "he said "no" to it"]', [(2, 'he said "no" to it')]),
            ("【2】", [(2, None)]),
            ("[^2]", [(2, None)]),
            ('[Passage 2: "in 1803"]', [(2, "in 1803")]),
            ("[1][2]", [(1, None), (2, None)]),
            ('[7: "see [3] there"]', [(7, "see [3] there")]),
        ],
    )
    def test_are_taken_out_and_kept(self, written: str, expected: list[tuple[int, str | None]]) -> None:
        answer = read(f"It was built in 1803. {written} It stands.")
        assert marks(answer) == expected
        assert answer.text == "It was built in 1803. It stands."
        assert {each.at for each in answer.placed} == {len("It was built in 1803.")}

    @pytest.mark.parametrize(
        "text", ["An [example] of it.", "x[1.5] and a[i]", "[2024] was a year", "[1 apple]", "[ ]"]
    )
    def test_other_brackets_stay(self, text: str) -> None:
        assert read(text) == ReadAnswer(text, (), False, False, 0)

    def test_one_before_the_full_stop_leaves_no_space(self) -> None:
        assert read("It was built in 1803 [1]. It stands [2].").text == "It was built in 1803. It stands."

    def test_one_that_was_cut_off_is_dropped(self) -> None:
        assert read('It was built in 1803. [1: "in the au').text == "It was built in 1803."

    def test_a_quotation_without_an_end_is_text_and_holds_nothing_back_for_ever(self) -> None:
        text = '[1: "' + "word " * 400
        assert read("So. " + text).text == ("So. " + text).rstrip()


class TestLinks:
    @pytest.mark.parametrize(
        ("written", "seen"),
        [
            ("See https://evil.example/x?d=1.", "See [link removed]."),
            ("See www.evil.example now", "See [link removed] now"),
            ("![x](https://evil.example/a.png)", "[link removed]"),
            ("[click](https://evil.example) it", "click it"),
            ("[https://a.example](https://evil.example)", "[link removed]"),
            ("see <img src=x onerror=y>!", "see  !"),
            ("<https://evil.example>", ""),
            ("evil.example/path?x=1 there", "evil[link removed] there"),
            ("[a]: https://evil.example", "[a]: [link removed]"),
            ("[label](https://evil.example/never-ends", "[link removed]"),
            ("[![a](https://e.example/1)](https://e.example/2)", "![a]([link removed])"),
            ("javascript://x", "javascript[link removed]"),
            ("[go](javascript:alert(1))", "go)"),
        ],
    )
    def test_are_kept_out(self, written: str, seen: str) -> None:
        answer = read(written)
        assert (answer.text, answer.links_removed > 0) == (seen.strip(), True)

    @pytest.mark.parametrize(
        "text", ["Use a < b and c > d.", "List<String> it", "At 9:30 e.g. this, and/or that.", "Who? Me!"]
    )
    def test_what_is_none_stays(self, text: str) -> None:
        assert read(text) == ReadAnswer(text, (), False, False, 0)

    def test_the_questions_own_address_may_be_repeated(self) -> None:
        answer = read("It is https://here.example/a.", question="Is https://here.example/a ours?")
        assert (answer.text, answer.links_removed) == ("It is https://here.example/a.", 0)

    def test_a_citation_cannot_hide_the_middle_of_an_address(self) -> None:
        assert "evil" not in read("ht[1]tps://evil.example/x").text
        assert "evil.example/x" not in read("https:/[1]/evil.example/x").text


class TestEcho:
    def test_the_instructions_are_noticed_and_not_sent(self) -> None:
        answer = read("Fine. " + INSTRUCTIONS)
        assert answer.echoes
        assert answer.text.strip() == "Fine."

    def test_not_even_their_first_word_is_sent(self) -> None:
        reading = AnswerReader(question="?", instructions=f"CANARY {INSTRUCTIONS}", key=KEY, told="")
        sent = "".join(reading.feed(piece) for piece in ["Fine.\n", "CANARY", " You", " answer", INSTRUCTIONS[10:]])
        last, answer = reading.finish()
        assert ((sent + last).strip(), answer.echoes) == ("Fine.", True)

    def test_the_key_of_the_request_is_a_secret_too(self) -> None:
        answer = read(f"The key is {KEY} indeed")
        assert (answer.echoes, KEY in answer.text) == (True, False)

    def test_words_of_a_passage_are_no_echo(self) -> None:
        line = INSTRUCTIONS.splitlines()[3]
        assert not read(line, told=f"Our prompt says: {line}").echoes

    def test_a_few_common_words_are_held_and_sent(self) -> None:
        text = "You answer questions from passages of old books, they say."
        assert read(text) == ReadAnswer(text, (), False, False, 0)


class TestNotFound:
    @pytest.mark.parametrize(
        "text", ["NOT_IN_THE_PASSAGES", " NOT_IN_THE_PASSAGES.\n", "NOT_IN_THE_PASSAGES [1] because"]
    )
    def test_the_word_for_it_is_never_sent(self, text: str) -> None:
        assert read(*text) == read(text)
        assert (read(text).not_found, read(text).text) == (True, "")

    def test_words_that_begin_like_it_are_sent(self) -> None:
        assert read("NOT", " much").text == "NOT much"
        assert read("NOT").text == "NOT"


def test_the_text_does_not_depend_on_the_pieces() -> None:
    """Hostile and ordinary fragments, joined by chance and cut by chance."""
    chance = random.Random(6)
    signs = """[1: "a b"]|[2]|[1, 2]|[|]|](|)|http|s://|evil.example/x|www.|![|<img src=|>|<|. | |The mill|"|“|”|:|:/|/
.com|e.g. |NOT_IN_|THE_PASSAGES|&lt;|You answer questions from passages of documents"""
    fragments = ["\n", *signs.replace("\n", "|").split("|"), *INSTRUCTIONS.split()[:14]]
    for _ in range(400):
        text = "".join(chance.choices(fragments, k=chance.randint(1, 25)))
        whole = read(text)
        cuts = sorted(chance.choices(range(len(text) + 1), k=chance.randint(0, 12)))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        if not whole.echoes:
            assert read(*pieces) == whole, (text, pieces)
        else:
            assert read(*pieces).echoes, (text, pieces)


def test_the_first_word_is_sent_at_once() -> None:
    reading = reader()
    assert reading.feed("The") == "The"
    assert reading.feed(" mill") == " mill"
