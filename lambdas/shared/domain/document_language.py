"""The language of most of a text: by its script, and where a script serves many languages by their small words.

A statistical detector tells more languages (py3langid 97), but costs 65 MB of numpy and 0.7 s at each cold start for a
field of the summary, and always answers something: "Hello" is Breton. Documents are long enough for small words, and
what has none of them (a table of figures) is honestly unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from lambdas.shared.domain.language_words import ARABIC, CYRILLIC, LATIN

_SAMPLES = 12
_SAMPLE_CHARACTERS = 4_000
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ALONE = {
    "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th", "GEORGIAN": "ka", "ARMENIAN": "hy", "TAMIL": "ta",
    "TELUGU": "te", "BENGALI": "bn", "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml",
    "SINHALA": "si", "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo", "ETHIOPIC": "am",
    "DEVANAGARI": "hi",
}  # fmt: skip
_SHARED = {"LATIN": LATIN, "CYRILLIC": CYRILLIC, "ARABIC": ARABIC}
# One of these stands for two or three letters of an alphabet.
_DENSE = {"HANGUL": 2, "CJK": 3, "HIRAGANA": 2, "KATAKANA": 2}
_KANA_IN_JAPANESE = 0.1
_FEWEST_HITS = 3
_LEAST_SHARE = 0.08
_LEAD = 1.1


def language_of(parts: Sequence[str]) -> str | None:
    """The ISO 639-1 code, or None; looks at samples from all over the parts."""
    text = _sample(parts)
    scripts = _scripts(text)
    weighed = {script: count * _DENSE.get(script, 1) for script, count in scripts.items()}
    han = sum(weighed.pop(script, 0) for script in ("CJK", "HIRAGANA", "KATAKANA"))
    if han > max(weighed.values(), default=0):
        kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
        return "ja" if kana > _KANA_IN_JAPANESE * (kana + scripts["CJK"]) else "zh"
    script = max(weighed, key=weighed.__getitem__, default="")
    return _by_words(text, _SHARED[script]) if script in _SHARED else _ALONE.get(script)


def _sample(parts: Sequence[str]) -> str:
    """The whole of a short text, else pieces at even distances."""
    total = sum(map(len, parts))
    if total <= _SAMPLES * _SAMPLE_CHARACTERS:
        return "\n".join(parts)
    pieces, position, step, wanted = [], 0, total // _SAMPLES, 0
    for part in parts:
        while wanted < position + len(part):
            pieces.append(part[wanted - position :][:_SAMPLE_CHARACTERS])
            wanted += step
        position += len(part)
    return "\n".join(pieces)


def _scripts(text: str) -> Counter[str]:
    """Letters by their script. A text has thousands of characters, and few that differ."""
    scripts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        if script := _script(character):
            scripts[script] += count
    return scripts


def _script(character: str) -> str:
    if character < "\x80":
        return "LATIN" if character.isalpha() else ""
    return unicodedata.name(character, "").split(" ", 1)[0] if character.isalpha() else ""


def _by_words(text: str, languages: Mapping[str, str]) -> str | None:
    words = Counter(_WORD.findall(text.lower()))
    total = sum(words.values())
    hits = {language: sum(words[word] for word in small.split()) for language, small in languages.items()}
    (best, most), (_, second) = Counter(hits).most_common(2)
    if most < max(_FEWEST_HITS, total * _LEAST_SHARE) or most < second * _LEAD:
        return None
    return best
