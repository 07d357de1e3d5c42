"""Tells the language of a text by its script, and Latin-script languages by their small words."""

from __future__ import annotations

import re

from local.bedrock.embedded.word_lists import BY_LANGUAGE

SAMPLE = 6_000  # characters
NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian",
    "nl": "Dutch", "ko": "Korean", "ja": "Japanese", "zh": "Chinese", "ru": "Russian", "ar": "Arabic", "el": "Greek",
    "he": "Hebrew", "th": "Thai", "hi": "Hindi",
}  # fmt: skip
_SCRIPTS = (
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f]")
SCRIPT_SHARE = 0.25  # of the letters; Japanese needs less, its texts are full of Han characters


def detect_language(text: str) -> str:
    """ISO 639-1 code; `en` where nothing tells."""
    sample = text[:SAMPLE]
    counts = {code: len(script.findall(sample)) for code, script in _SCRIPTS}
    letters = sum(counts.values()) + len(_LATIN.findall(sample)) or 1
    if counts["ja"] > 0.1 * letters:
        return "ja"
    code = max(counts, key=lambda each: counts[each])
    if counts[code] > SCRIPT_SHARE * letters:
        return code
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", sample.lower())
    hits = {code: sum(word in small for word in words) for code, small in BY_LANGUAGE.items()}
    best = max(hits, key=lambda each: hits[each])
    return best if hits[best] else "en"
