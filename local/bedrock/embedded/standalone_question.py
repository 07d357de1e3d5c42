"""Makes a question stand alone by putting the questions before it in front; an extractive brain cannot rewrite."""

from __future__ import annotations

import re

from local.bedrock.embedded.cited_answer import said_and_full
from local.bedrock.embedded.prompt_reading import Reading
from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.embedded.words import terms

LONGEST = 1_000  # characters
_SAID = re.compile(r"^User:\s*(.+)", re.MULTILINE)
_LEANS = re.compile(
    r"\b(it|its|they|them|their|he|him|his|she|her|this|that|these|those|there|then|one|ones|es|sie|er|ihr|sein|dort|das)"
    r"\b|^\W*(and|but|why|how so|und|warum)\b",
    re.IGNORECASE,
)
FEW_TERMS = 2


def standalone_question(reading: Reading) -> str:
    """The new question; with the user's last one before it where it speaks of "it" or says too little itself."""
    question = _short(said_and_full(reading.instruction)[0])
    said = _SAID.findall("\n".join(reading.fresh))
    leans = bool(_LEANS.search(question)) or len(terms(question)) < FEW_TERMS
    return _short(f"{said[-1].strip()} {question}") if said and leans else question


def _short(question: str) -> str:
    """The sentences that ask, if all of them are too many; never more than a search takes."""
    if len(question) <= LONGEST:
        return question
    asking = list(dict.fromkeys(each for each in split_sentences(question) if each.endswith(("?", "？"))))
    text = " ".join(asking or split_sentences(question))
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
