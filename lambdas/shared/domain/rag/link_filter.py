"""Keeps links and images out of an answer that the caller's own question does not hold.

A document can ask a model for an address with the reader's data in it, and a client that shows the answer as Markdown
would fetch it. Nothing is lost: where a passage holds an address, the passage and its quotation still show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

REMOVED = "[link removed]"
_START = re.compile(r"!?\[|<|(?:https?|ftp)?://|www\.|\.[A-Za-z]{2,24}/", re.IGNORECASE)
# The end of a text that may go on as one of these.
_MAYBE = re.compile(r"(?:!|h|ht|htt|https?:?/?|f|ft|ftp:?/?|:/?|w{1,3}|\.[A-Za-z]{0,24})\Z", re.IGNORECASE)
_LINK = re.compile(r"!?\[(?P<label>[^\]\n]{0,300})\]\((?P<target>[^)\n]{0,4000})\)")
_LINK_BEGUN = re.compile(r"!?\[[^\]\n]{0,300}(?:\](?:\([^)\n]{0,4000})?)?\Z")
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,4000}>")
_TAG_BEGUN = re.compile(r"<(?:/?(?:[A-Za-z!][^<>]{0,4000})?)?\Z")
_HARMFUL_TAG = re.compile(
    r"</?(?:a|img|image|picture|source|svg|script|style|link|iframe|frame|object|embed|form|input|button|video|audio"
    r"|base|meta|body|html|area|map|math)\b|.*(?:=|:/|\bwww\.)",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS = re.compile(r"(?:(?:https?|ftp)?://|www\.|\.[A-Za-z]{2,24}/)[^\s<>]*", re.IGNORECASE)
_AFTER_ADDRESS = re.compile(r"[).,;:!?\"'”’*_\]]*\Z")


class LinkFilter:
    """Passes text on without its links, whatever the pieces are that it arrives in. `question`: what the caller wrote;
    an address that stands there word for word may stand in the answer. `removed` counts the others."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._held = ""
        self.removed = 0

    def feed(self, text: str) -> str:
        """What may be sent on now."""
        self._held += text
        return "".join(self._pass_on(final=False))

    def rest(self) -> str:
        """What is still held, once nothing can follow it any more."""
        return "".join(self._pass_on(final=True))

    def _pass_on(self, *, final: bool) -> Iterator[str]:
        while self._held:
            start = _START.search(self._held)
            if start is None:
                maybe = None if final else _MAYBE.search(self._held)
                yield self._take(maybe.start() if maybe else len(self._held))
                return
            yield self._take(start.start())
            passed = self._special(final)
            if passed is None:
                return
            yield passed

    def _special(self, final: bool) -> str | None:
        """What stands for the link, tag or address at the head of the held text; None = more has to come."""
        if self._held[0] in "![":
            return self._bracket(final)
        if self._held[0] == "<":
            return self._tag(final)
        address = _ADDRESS.match(self._held)
        if address is None or (address.end() == len(self._held) and not final):
            return None
        url = address[0][: _AFTER_ADDRESS.search(address[0]).start()]  # type: ignore[union-attr]
        return self._judged(self._take(len(url)), url, REMOVED)

    def _bracket(self, final: bool) -> str | None:
        link = _LINK.match(self._held)
        if link:
            image = self._held[0] == "!"
            label = "" if image else LinkFilter(self._question).whole(link["label"])
            return self._judged(self._take(link.end()), link["target"].strip(" <>"), label or REMOVED)
        begun = _LINK_BEGUN.match(self._held)
        if begun and not final:
            return None
        if begun and "](" in begun[0]:
            return self._judged(self._take(begun.end()), begun[0].partition("](")[2], REMOVED)
        return self._take(1)

    def _tag(self, final: bool) -> str | None:
        tag = _TAG.match(self._held)
        if tag:
            harmful = _HARMFUL_TAG.match(tag[0])
            text = self._take(tag.end())
            return self._judged(text, text, " ") if harmful else text
        if _TAG_BEGUN.match(self._held) and not final:
            return None
        return self._take(1)

    def whole(self, text: str) -> str:
        """A text that is complete."""
        return self.feed(text) + self.rest()

    def _judged(self, text: str, target: str, instead: str) -> str:
        if target and target in self._question:
            return text
        self.removed += 1
        return instead

    def _take(self, length: int) -> str:
        taken, self._held = self._held[:length], self._held[length:]
        return taken
