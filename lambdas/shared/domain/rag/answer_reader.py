"""Reads a model's answer as it arrives: what a reader may see of it now, and in the end its text and citations."""

from __future__ import annotations

from typing import NamedTuple

from lambdas.shared.domain.rag.citation_markers import Marker, MarkerScanner
from lambdas.shared.domain.rag.link_filter import LinkFilter
from lambdas.shared.domain.rag.passage_prompt import NOT_IN_THE_PASSAGES
from lambdas.shared.domain.rag.prompt_echo import PromptEcho

_NO_SPACE_BEFORE = tuple(".,;:!?)]}»”’。，；：！？")


class Placed(NamedTuple):
    """A citation, and the place in the answer's text where it stood, in characters."""

    at: int
    marker: Marker


class ReadAnswer(NamedTuple):
    """`text` is what all the pieces were together. `not_found`: the model says that the passages do not answer;
    `echoes`: it began to repeat its instructions; `links_removed`: how many links were kept out."""

    text: str
    placed: tuple[Placed, ...]
    not_found: bool
    echoes: bool
    links_removed: int


class AnswerReader:
    """The citations are taken out, links that the question does not hold are kept out; the answer's text does not
    depend on the pieces in which it arrives. `instructions`: the prompt's system part; `key`: see `passage_message`;
    `told`: the passages, whose words are not the prompt's."""

    def __init__(self, *, question: str, instructions: str, key: str, told: str) -> None:
        self._markers = MarkerScanner()
        self._links = LinkFilter(question)
        self._echo = PromptEcho(instructions, key=key, told=told)
        self._sent: list[str] = []
        self._placed: list[Placed] = []
        self._length = 0  # of the text so far, with what the last filter still holds
        self._space = ""  # white space that is sent on only if something follows it
        self._after_marker = False
        self._beginning: str | None = ""  # None once the answer is surely not the word for "not found"
        self._not_found = False

    def feed(self, piece: str) -> str:
        """What may be sent on now."""
        out = ""
        for part in self._markers.feed(piece):
            if isinstance(part, str):
                out += self._text(self._links.feed(part))
            else:
                out += self._text(self._links.rest())
                self._placed += [Placed(self._length, marker) for marker in part]
                self._after_marker = True
        return self._send(out)

    def finish(self) -> tuple[str, ReadAnswer]:
        """What is still to be sent on, and the whole answer."""
        last = self._text(self._links.feed(self._markers.rest()) + self._links.rest())
        if self._beginning:
            last += self._spaced(self._beginning)
        passed = self._send(last) + self._send_rest()
        text = "".join(self._sent)
        read = ReadAnswer(text, tuple(self._placed), self._not_found, self._echo.found, self._links.removed)
        return passed, read

    def _text(self, text: str) -> str:
        if self._beginning is None:
            return self._spaced(text)
        self._beginning = (self._beginning + text).lstrip()
        if self._beginning.startswith(NOT_IN_THE_PASSAGES):
            self._not_found, self._beginning = True, None
            return ""
        if NOT_IN_THE_PASSAGES.startswith(self._beginning):
            return ""
        begun, self._beginning = self._beginning, None
        return self._spaced(begun)

    def _spaced(self, text: str) -> str:
        """White space at an end waits: a citation that follows takes it along."""
        if self._not_found or not text:
            return ""
        if self._after_marker:
            joins = text[0].isspace() or text.startswith(_NO_SPACE_BEFORE)
            self._space = "" if joins else self._space
            self._after_marker = False
        text = self._space + text
        kept = text.rstrip()
        self._space = text[len(kept) :]
        self._length += len(kept)
        return kept

    def _send(self, text: str) -> str:
        passed = self._echo.feed(text)
        self._sent.append(passed)
        return passed

    def _send_rest(self) -> str:
        passed = self._echo.rest()
        self._sent.append(passed)
        return passed
