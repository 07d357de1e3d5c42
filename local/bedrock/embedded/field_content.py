"""What to write into a field of a JSON answer, judged by the field's name and description."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from local.bedrock.embedded.chat_answer import UNANSWERED, answer_chat
from local.bedrock.embedded.choosing import choose, choose_language, polarity
from local.bedrock.embedded.language import detect_language
from local.bedrock.embedded.length_wish import read_length_wish
from local.bedrock.embedded.mentions import as_number, kinds, mentions, names
from local.bedrock.embedded.phrases import key_phrases
from local.bedrock.embedded.prompt_reading import Reading
from local.bedrock.embedded.ranking import RankedText
from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.embedded.standalone_question import standalone_question
from local.bedrock.embedded.summary import summarize

MOST_ITEMS = 12
TITLE_LENGTH = 90
_KINDS: tuple[tuple[str, str], ...] = (  # the first that fits the field's name decides
    ("standalone", r"(standalone|rewritten|search)_(question|query)"),
    ("language", r"lang(uage)?(_code)?|locale"),
    ("title", r"(\w+_)?(title|headline|subject|heading)"),
    ("points", r"(key_|main_)?(points?|facts|findings|takeaways|highlights|bullets|insights|sentences|ideas)"
               r"|action_items|bullet_points"),
    ("topics", r"(key_?)?(topics?|keywords?|tags?|themes?|phrases?|categories|labels)|subjects|key_(terms|phrases)"),
    ("summary", r"(\w+_)?(summary|abstract|overview|synopsis|tl_?dr|gist|description|conclusion)"),
    ("answer", r"(\w+_)?(answer|response|reply|explanation|reasoning|rationale)"),
    ("sentiment", r"(\w+_)?(sentiment|polarity|mood|tone)"),
    ("quotes", r"(\w+_)?(quotes?|evidence|excerpts?|citations?|snippets?)"),
    ("names", r"(named_)?entit(y|ies)|names?|people|persons?|organi[sz]ations?|compan(y|ies)|places?|locations?"
              r"|mentions?|participants|authors?"),
)  # fmt: skip
_EXTRACTED = {kind: re.compile(rf"(\w+_)?{kind}(s|_address(es)?|_numbers?)?") for kind in kinds() if kind != "number"}


def kind_of(name: str) -> str:
    """The kind of content that a field's name asks for; `other` where it says nothing."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    for kind, pattern in _KINDS:
        if re.fullmatch(pattern, plain):
            return kind
    return next((kind for kind, pattern in _EXTRACTED.items() if pattern.fullmatch(plain)), "other")


class FieldContent:
    """Content taken from a reading's material, or from what was said where there is none."""

    def __init__(self, reading: Reading, *, focus: str = "", subject: str = "") -> None:
        """`focus`: the sentence that one item of a list is about; `subject`: the name it is about."""
        said = "\n".join([*(each.text for each in reading.said if each.role == "user"), reading.instruction])
        self._reading = reading
        self.text = focus or reading.text or said
        self._subject = subject

    def focused(self, seed: str, *, is_name: bool) -> FieldContent:
        """The content for one item of a list of objects."""
        if not is_name:
            return FieldContent(self._reading, focus=seed)
        around = next((sentence for sentence in self._ranked.sentences if seed in sentence), seed)
        return FieldContent(self._reading, focus=around, subject=seed)

    def string(self, name: str, schema: Mapping[str, Any]) -> str:
        """A text for one field; may be empty."""
        kind = kind_of(name)
        if kind in _EXTRACTED:
            return next(iter(mentions(kind, self.text)), "")
        maker = self._strings.get(kind)
        if maker is not None:
            return maker(schema)
        about = f"{name.replace('_', ' ')} {schema.get('description', '')}".strip()
        return self._subject or next(iter(self._ranked.nearest(about, 1)), "")

    def items(self, name: str) -> list[str]:
        """Texts for a list, the best first."""
        kind = kind_of(name)
        if kind in _EXTRACTED:
            return mentions(kind, self.text)[:MOST_ITEMS]
        if kind == "topics":
            return key_phrases(self.text, 6)
        if kind == "names":
            return names(self.text)[:MOST_ITEMS]
        if kind == "quotes":
            return self._ranked.nearest(self._reading.instruction or self.text, 3)
        return self._ranked.central_in_order(5)

    def choice(self, name: str, options: list[str], schema: Mapping[str, Any]) -> str:
        """One of the labels."""
        if kind_of(name) == "language":
            found = choose_language(options, detect_language(self.text))
            if found:
                return found
        text = self._subject or (self.text if self._reading.material or self._subject else self._reading.instruction)
        return choose(options, text[:4_000], str(schema.get("description", "")))

    def number(self, name: str) -> float:
        """A count, a number that the text names, or 0."""
        if re.search(r"(word|sentence|character)s?_?count", name, re.IGNORECASE):
            counts = {"w": len(self.text.split()), "s": len(self._ranked.sentences), "c": len(self.text)}
            return counts[name[0].lower()]
        if re.search(r"confidence|score|probability|relevance|certainty", name, re.IGNORECASE):
            return 0.5
        kind = "amount" if re.search(r"price|amount|total|cost|sum|fee", name, re.IGNORECASE) else "number"
        found = mentions(kind, self.text) or mentions("number", self.text)
        return next((value for value in map(as_number, found) if value is not None), 0.0)

    def truth(self, name: str) -> bool:
        """Whether an answer was found, for fields that ask this; else false."""
        if re.search(r"answer|found|grounded|relevant|support", name, re.IGNORECASE):
            return UNANSWERED not in self._answer({})
        return "positive" in name.lower() and polarity(self.text) > 0

    @cached_property
    def _ranked(self) -> RankedText:
        return RankedText(split_sentences(self.text))

    @cached_property
    def _strings(self) -> dict[str, Callable[[Mapping[str, Any]], str]]:
        return {
            "standalone": lambda _: standalone_question(self._reading),
            "language": lambda _: detect_language(self.text),
            "title": lambda _: self._subject or self._title(),
            "points": lambda _: next(iter(self._ranked.central(1)), ""),
            "topics": lambda _: next(iter(key_phrases(self.text, 1)), ""),
            "summary": self._summary,
            "answer": self._answer,
            "sentiment": lambda _: {1: "positive", 0: "neutral", -1: "negative"}[polarity(self.text)],
            "quotes": lambda _: next(iter(self._ranked.nearest(self._reading.instruction or self.text, 1)), ""),
            "names": lambda _: self._subject or next(iter(names(self.text)), ""),
        }

    def _title(self) -> str:
        """The text's own heading if it has one, else the beginning of its most central sentence."""
        first = next((line.strip(" #*\t") for line in self.text.splitlines() if line.strip(" #*\t")), "")
        own = 2 < len(first) <= TITLE_LENGTH and first[-1] not in ".!?。:;,"
        title = first if own else next(iter(self._ranked.central(1)), first)
        return title if len(title) <= TITLE_LENGTH else title[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:")

    def _summary(self, schema: Mapping[str, Any]) -> str:
        """A text without a sentence is its own summary."""
        return (
            self.text.strip()
            if not self._ranked.sentences
            else summarize(self._ranked, read_length_wish(f"{schema.get('description', '')} {self._hint('summary')}"))
        )

    def _hint(self, name: str) -> str:
        """The line of the instructions that speaks of this field."""
        lines = f"{self._reading.system}\n{self._reading.instruction}".splitlines()
        return next((line for line in lines if f"`{name}`" in line), self._reading.instruction)

    def _answer(self, schema: Mapping[str, Any]) -> str:
        return answer_chat(replace(self._reading, schema=None))
