"""Holds a brain's pieces to the request's limits: token limit and stop sequences; tool calls come after the text."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Iterator

from local.bedrock.brain import Finish, Piece, Prompt, ToolInput, ToolStart

_WORDS = re.compile(r"\s*\S{1,16}|\s+$")
WORDS_PER_PIECE = 3
SETTLED = 400  # characters after which what was sent is not counted again


def pieces_of(text: str) -> Iterator[str]:
    """A text as pieces of a few words; joined they are the text again. Long unspaced runs are cut, too."""
    words = _WORDS.findall(text)
    for start in range(0, len(words), WORDS_PER_PIECE):
        yield "".join(words[start : start + WORDS_PER_PIECE])


class Generation:
    """Iterate over the text, then over `tool_pieces()`; afterwards `stop_reason`, `stop_sequence` and
    `output_tokens` are known."""

    def __init__(self, pieces: Iterator[Piece], prompt: Prompt, count_tokens: Callable[[str], int]) -> None:
        self.stop_reason = "end_turn"
        self.stop_sequence: str | None = None
        self.output_tokens = 0
        self._pieces = pieces
        self._tools: Iterator[Piece] = iter(())
        self._limit = prompt.max_tokens
        self._stops = tuple(stop for stop in prompt.stop_sequences if stop)
        self._count = count_tokens

    def __iter__(self) -> Iterator[str]:
        text = settled = ""
        settled_tokens = 0
        for piece in self._until_stop_sequence():
            if len(text) - len(settled) > SETTLED:
                settled, settled_tokens = text, settled_tokens + self._count(text[len(settled) :])
            room = None if self._limit is None else self._limit - settled_tokens
            tail = text[len(settled) :] + piece
            if room is not None and len(tail.encode()) > room and self._count(tail) > room:
                self.stop_reason, self.stop_sequence = "max_tokens", None
                self.output_tokens = self._limit or 0
                head = self._head(tail, room)[len(text) - len(settled) :]
                if head:
                    yield head
                return
            text += piece
            yield piece
        self.output_tokens = self._count(text) if text.strip() else 0

    def tool_pieces(self) -> Iterator[ToolStart | ToolInput]:
        """The tool calls that follow the text, if any."""
        arguments = ""
        for piece in self._tools:
            if isinstance(piece, Finish):
                self.stop_reason = piece.stop_reason
                break
            if not isinstance(piece, str):
                arguments += piece.name if isinstance(piece, ToolStart) else piece.text
                yield piece
        self.output_tokens += self._count(arguments) if arguments else 0

    def _until_stop_sequence(self) -> Iterator[str]:
        """Holds back as much as could be the beginning of a stop sequence."""
        longest = max((len(stop) for stop in self._stops), default=1)
        held = ""
        for piece in self._pieces:
            if isinstance(piece, Finish):
                self.stop_reason = piece.stop_reason
                break
            if not isinstance(piece, str):
                self._tools = itertools.chain([piece], self._pieces)
                break
            held += piece
            place, stop = min(((held.find(stop), stop) for stop in self._stops if stop in held), default=(-1, ""))
            if place >= 0:
                self.stop_reason, self.stop_sequence = "stop_sequence", stop
                if held[:place]:
                    yield held[:place]
                return
            ready = len(held) - (longest - 1)
            if ready > 0:
                yield held[:ready]
                held = held[ready:]
        if held:
            yield held

    def _head(self, text: str, tokens: int) -> str:
        """As many words (characters, where no spaces are) as fit into so many tokens."""
        words = re.findall(r"\s*\S+" if " " in text.strip() else r"\s*\S", text)
        fits = bisect.bisect_right(range(1, len(words) + 1), tokens, key=lambda n: self._count("".join(words[:n])))
        return "".join(words[:fits])
