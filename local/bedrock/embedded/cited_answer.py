"""Answers from numbered passages: each quoted sentence with the number of its passage and its words."""

from __future__ import annotations

import re

from local.bedrock.embedded.chat_answer import UNANSWERED
from local.bedrock.embedded.evidence import MATERIAL, Evidence, find_evidence
from local.bedrock.embedded.intent import Intent, intent_of
from local.bedrock.embedded.prompt_reading import Reading
from local.bedrock.embedded.ranking import RankedText, ends_as_sentence
from local.bedrock.embedded.sentences import split_sentences

MOST_QUOTED = 3
MOST_WORDS = 25  # of a quotation
STRONG = 0.8  # of the best sentence's score: what a second sentence needs to be quoted beside it
_LABEL = re.compile(r"^\s*(?:new\s+)?question:\s*", re.IGNORECASE)
_IN_FULL = re.compile(r"^\s*in full:\s*(.+)", re.IGNORECASE | re.MULTILINE)
# The word for an answer that is not there, as the instructions name it.
_NOT_FOUND = re.compile(r"\b[A-Z]+(?:_[A-Z]+){2,}\b")


def said_and_full(instruction: str) -> tuple[str, str]:
    """The question without its label, and as the instruction gives it in full; the same where it does not."""
    full = _IN_FULL.search(instruction)
    said = _LABEL.sub("", _IN_FULL.sub("", instruction)).strip()
    return said, full[1].strip() if full else said


def answer_with_citations(reading: Reading) -> str:
    """Sentences of the passages in their order, each followed by `[number: "its words"]`; or the word that the system
    text names for an answer that is not there."""
    candidates: list[Evidence] = []
    numbers: list[int] = []
    for number, text in reading.numbered:
        for sentence in split_sentences(text):
            candidates.append(Evidence(sentence, MATERIAL, len(candidates)))
            numbers.append(number)
    said, full = said_and_full(reading.instruction)
    places = _places(said, candidates) or (_places(full, candidates) if full != said else [])
    if not places:
        named = _NOT_FOUND.search(reading.system)
        return named[0] if named else UNANSWERED
    return " ".join(f"{_ended(candidates[at].text)} {_citation(numbers[at], candidates[at].text)}" for at in places)


def _places(question: str, candidates: list[Evidence]) -> list[int]:
    if intent_of(question) is Intent.SUMMARY:
        central = set(RankedText([each.text for each in candidates]).central(MOST_QUOTED))
        return [each.place for each in candidates if each.text in central][:MOST_QUOTED]
    found = find_evidence(question, candidates, MOST_QUOTED)
    return sorted(each.place for each in found if each.score >= STRONG * found[0].score)


def _citation(number: int, sentence: str) -> str:
    words = " ".join(sentence.split()[:MOST_WORDS])
    return f"[{number}: “{words}”]" if '"' in words else f'[{number}: "{words}"]'


def _ended(sentence: str) -> str:
    return sentence if ends_as_sentence(sentence) else f"{sentence}."
