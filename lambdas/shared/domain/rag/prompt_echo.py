"""Notices an answer that repeats the instructions it was given, before they are sent on."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"\w+")
# So many words of the instructions in a row are held back, and so many are no coincidence.
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
        for word in _WORD.finditer(self._text, self._judged):
            if word.end() == len(self._text) and not final:
                break  # it may go on
            self._judged = word.end()
            self._judge(word[0].casefold(), word.start())
            if self.found:
                return ""
        free = len(self._text)
        if self._run_from is not None and not final:
            free = max(self._sent, self._run_from)
        passed, self._sent = self._text[self._sent : free], free
        return passed

    def _judge(self, word: str, at: int) -> None:
        self._words.append(word)
        if tuple(self._words[-_HELD_FROM:]) in self._runs:
            self._in_a_row += 1
            self._run_from = at if self._run_from is None else self._run_from
        else:
            self._in_a_row, self._run_from = 0, None
        repeated = self._in_a_row > _ECHO - _HELD_FROM and not self._is_told()
        self.found = repeated or word == self._key

    def _is_told(self) -> bool:
        return " ".join(self._words[-_ECHO:]) in " ".join(_words(self._told))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


@lru_cache(maxsize=8)
def _runs(instructions: str) -> frozenset[tuple[str, ...]]:
    words = _words(instructions)
    return frozenset(tuple(words[at : at + _HELD_FROM]) for at in range(len(words) - _HELD_FROM + 1))
