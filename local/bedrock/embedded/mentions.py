"""Finds what a text mentions: names, addresses, numbers, dates."""

from __future__ import annotations

import re

from local.bedrock.embedded.word_lists import STOP_WORDS

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_PATTERNS = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "url": r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]",
    "phone": r"(?<![\w.])\+?\d[\d ()/-]{6,}\d(?!\w)",
    "date": rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{1,2}}\.? (?:{_MONTHS}) \d{{4}}"
    rf"|(?:{_MONTHS}) \d{{1,2}}(?:, \d{{4}})?|(?:{_MONTHS}) \d{{4}}",
    "time": r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?",
    "amount": r"(?:[$€£¥₩]\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:USD|EUR|GBP|KRW|dollars|euros|€|\$|원))",
    "number": r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])",
}
_COMPILED = {kind: re.compile(pattern, re.IGNORECASE if kind == "date" else 0) for kind, pattern in _PATTERNS.items()}
_NAME = re.compile(r"(?<![\w'])[^\W\d_a-z][\w'’&-]*(?:\s+(?:of|de|von|van|del|der)\s+[A-Z][\w'’-]+|\s+[A-Z][\w'’&-]*)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n]\s*[\"“(]?)$")
SAMPLE = 60_000  # characters


def mentions(kind: str, text: str) -> list[str]:
    """Distinct mentions of one kind (email, url, phone, date, time, amount, number) in the text's order."""
    return list(dict.fromkeys(match.strip() for match in _COMPILED[kind].findall(text[:SAMPLE])))


def kinds() -> tuple[str, ...]:
    """The kinds that `mentions` knows."""
    return tuple(_COMPILED)


def names(text: str) -> list[str]:
    """Capitalized names in order; a single word at the start of a sentence counts only where it stands elsewhere."""
    sample = text[:SAMPLE]
    inner: list[str] = []
    initial: list[str] = []
    for match in _NAME.finditer(sample):
        name = re.sub(r"['’]s$", "", match[0].strip())
        first, _, rest = name.partition(" ")
        starts = bool(_SENTENCE_START.search(sample[max(0, match.start() - 4) : match.start()]))
        if first.casefold() in STOP_WORDS:
            name = rest
        if len(name) > 1:
            (initial if starts and " " not in name else inner).append(name)
    known = set(inner)
    found = dict.fromkeys([*inner, *(name for name in initial if name in known)])
    return [name for name in found if name.casefold() not in STOP_WORDS]


def as_number(text: str) -> float | None:
    """The first number of a text, without thousands separators."""
    found = re.search(r"-?\d[\d,]*(?:\.\d+)?", text)
    return float(found[0].replace(",", "")) if found else None
