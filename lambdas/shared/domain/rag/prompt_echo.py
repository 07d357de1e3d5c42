"""Notices an answer that repeats the instructions it was given, before they are sent on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"\w+")
# So many words of the instructions in a row are held back (of their beginning one is enough), and so many are no
# coincidence.
_HELD_FROM = 4
_ECHO = 9


class PromptEcho:
    """Passes text on as long as it does not repeat nine words in a row of `instructions`, or hold the word `key`; then
    `found` is true, and nothing is passed on any more. Words in a row that `told` holds too (the passages, the
    question) are the documents' own."""

    def __init__(self, instructions: str, *, key: str, told: str) -> None:
        self._runs = _runs(instructions)
        self._key = key
        self._told = told
        self._text = ""
        self._sent = self._judged = 0
        self._words: list[str] = []
        self._run_from: int | None = None  # where the words began that stand in the instructions too
        self._in_a_row = 0
        self.found = False

    def feed(self, text: str) -> str:
        """What may be sent on now."""
        self._text += text
        return self._send(final=False)

    def rest(self) -> str:
        """What is still held, once the answer has ended."""
        return self._send(final=True)

    def _send(self, *, final: bool) -> str:
        if self.found:
            return ""
        free = len(self._text)
        for word in _WORD.finditer(self._text, self._judged):
            if word.end() == len(self._text) and not final:  # it may go on
                free = word.start() if self._may_begin(word[0].casefold()) else free
                break
            self._judged = word.end()
            self._judge(word[0].casefold(), word.start())
            if self.found:
                final, free = False, word.start()
                break
        if self._run_from is not None and not final:
            free = self._run_from
        passed, self._sent = self._text[self._sent : free], max(self._sent, free)
        return passed

    def _may_begin(self, part: str) -> bool:
        return any(word.startswith(part) for word in self._runs.beginning[:1])

    def _judge(self, word: str, at: int) -> None:
        self._words.append(word)
        if self._run_from is None:
            self._in_a_row = self._begins()
            self._run_from = at if self._in_a_row else None
        elif self._goes_on():
            self._in_a_row += 1
        else:
            self._in_a_row, self._run_from = 0, None
        repeated = self._in_a_row >= _ECHO and not self._is_told()
        self.found = repeated or word == self._key

    def _begins(self) -> int:
        """How many words in a row the newest one makes, if that is enough to wait: any four, or the very first."""
        if tuple(self._words[-_HELD_FROM:]) in self._runs.anywhere:
            return _HELD_FROM
        return 1 if self._words[-1:] == self._runs.beginning[:1] else 0

    def _goes_on(self) -> bool:
        following = self._in_a_row + 1
        if following <= _HELD_FROM and self._words[-following:] == self._runs.beginning[:following]:
            return True
        return tuple(self._words[-_HELD_FROM:]) in self._runs.anywhere

    def _is_told(self) -> bool:
        return " ".join(self._words[-_ECHO:]) in " ".join(_words(self._told))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


class _Runs(NamedTuple):
    """Four words in a row, from anywhere in the instructions, and their first four."""

    anywhere: frozenset[tuple[str, ...]]
    beginning: list[str]


@lru_cache(maxsize=8)
def _runs(instructions: str) -> _Runs:
    words = _words(instructions)
    places = range(len(words) - _HELD_FROM + 1)
    return _Runs(frozenset(tuple(words[at : at + _HELD_FROM]) for at in places), words[:_HELD_FROM])
