"""Cuts a document's text into chunks: fixed size, hierarchical, semantic, or not at all.

https://docs.aws.amazon.com/bedrock/latest/userguide/kb-chunking.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from local.bedrock.brain import Vectors

CountTokens = Callable[[str], int]
Embed = Callable[[Sequence[str]], Vectors]
# What Bedrock does where a data source says nothing: about 300 tokens, a fifth of them again in the next chunk.
_DEFAULT_TOKENS, _DEFAULT_OVERLAP_PERCENT = 300, 20
_SENTENCE = re.compile(r"\S.*?(?:[.!?…](?=[\s\"'”’)\]])[\"'”’)\]]*|[。！？]|(?=\n\s*\n)|$)", re.DOTALL)
_WORDS_OF_A_LONG_SENTENCE = re.compile(r"\S{1,200}\s*")


@dataclass(frozen=True, slots=True)
class Chunk:
    """`start` and `end`: its place in the text, in characters. `parent`: the place of what is shown for it."""

    start: int
    end: int
    parent: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    tokens: int


class Chunker:
    """`configuration`: a data source's `chunkingConfiguration`, empty for the default."""

    def __init__(self, configuration: Mapping[str, Any], count_tokens: CountTokens, embed: Embed) -> None:
        self._configuration = configuration
        self._count = count_tokens
        self._embed = embed

    def chunks(self, text: str) -> list[Chunk]:
        """In the order of the text; none for a text without a word."""
        strategy = self._configuration.get("chunkingStrategy", "FIXED_SIZE")
        if not text.strip():
            return []
        if strategy == "NONE":
            return [_alone(0, len(text))]
        if strategy == "HIERARCHICAL":
            return self._hierarchical(text)
        return self._semantic(text) if strategy == "SEMANTIC" else self._fixed(text)

    def _fixed(self, text: str) -> list[Chunk]:
        own = self._configuration.get("fixedSizeChunkingConfiguration", {})
        size = int(own.get("maxTokens", _DEFAULT_TOKENS))
        overlap = size * int(own.get("overlapPercentage", _DEFAULT_OVERLAP_PERCENT)) // 100
        return [_alone(start, end) for start, end in _packed(self._pieces(text, size), size, overlap)]

    def _hierarchical(self, text: str) -> list[Chunk]:
        own = self._configuration["hierarchicalChunkingConfiguration"]
        large, small = (int(level["maxTokens"]) for level in own["levelConfigurations"])
        pieces = self._pieces(text, small)
        chunks = []
        for parent in _packed(pieces, large, 0):
            inside = [piece for piece in pieces if parent[0] <= piece.start and piece.end <= parent[1]]
            children = _packed(inside, small, int(own["overlapTokens"]))
            chunks += [Chunk(start, end, parent) for start, end in children]
        return chunks

    def _semantic(self, text: str) -> list[Chunk]:
        """Cut where the meaning turns most, measured between neighbouring sentences (with `bufferSize` around them)."""
        own = self._configuration["semanticChunkingConfiguration"]
        size, buffer = int(own["maxTokens"]), int(own["bufferSize"])
        pieces = self._pieces(text, size)
        if len(pieces) < 2:
            return [_alone(piece.start, piece.end) for piece in pieces]
        around = [
            text[pieces[max(0, place - buffer)].start : pieces[min(len(pieces) - 1, place + buffer)].end]
            for place in range(len(pieces))
        ]
        vectors = self._embed(around)
        distances = 1 - np.sum(vectors[:-1] * vectors[1:], axis=1)
        threshold = float(np.percentile(distances, int(own["breakpointPercentileThreshold"])))
        turns = {place + 1 for place, distance in enumerate(distances) if distance > threshold}
        groups: list[list[_Piece]] = [[]]
        for place, piece in enumerate(pieces):
            if place in turns:
                groups.append([])
            groups[-1].append(piece)
        return [_alone(start, end) for group in groups for start, end in _packed(group, size, 0)]

    def _pieces(self, text: str, longest: int) -> list[_Piece]:
        """Sentences with their tokens; one that is longer than a chunk may be is cut between words."""
        pieces = []
        for found in _SENTENCE.finditer(text):
            tokens = self._count(found[0])
            if tokens <= longest:
                pieces.append(_Piece(found.start(), found.end(), tokens))
            else:
                pieces += self._cut(text, found.start(), found.end(), longest)
        return pieces

    def _cut(self, text: str, start: int, end: int, longest: int) -> Iterator[_Piece]:
        begin, tokens = start, 0
        for word in _WORDS_OF_A_LONG_SENTENCE.finditer(text, start, end):
            more = self._count(word[0])
            if tokens and tokens + more > longest:
                yield _Piece(begin, word.start(), tokens)
                begin, tokens = word.start(), 0
            tokens += more
        if tokens:
            yield _Piece(begin, end, tokens)


def _alone(start: int, end: int) -> Chunk:
    return Chunk(start, end, (start, end))


def _packed(pieces: Sequence[_Piece], size: int, overlap: int) -> list[tuple[int, int]]:
    """As many pieces as fit into each chunk; the last ones of a chunk, up to `overlap` tokens, begin the next."""
    spans: list[tuple[int, int]] = []
    current: list[_Piece] = []
    for piece in pieces:
        if current and sum(each.tokens for each in current) + piece.tokens > size:
            spans.append((current[0].start, current[-1].end))
            current = _tail(current, min(overlap, size - piece.tokens))
        current.append(piece)
    if current:
        spans.append((current[0].start, current[-1].end))
    return spans


def _tail(pieces: Sequence[_Piece], tokens: int) -> list[_Piece]:
    tail: list[_Piece] = []
    for piece in reversed(pieces[1:]):
        tokens -= piece.tokens
        if tokens < 0:
            break
        tail.insert(0, piece)
    return tail
