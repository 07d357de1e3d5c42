"""The chunking strategies of the local Knowledge Base."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from local.bedrock.brain import Vectors
from local.bedrock.knowledge.chunking import Chunk, Chunker

SENTENCES = [f"Sentence {number} holds six words." for number in range(20)]
TEXT = " ".join(SENTENCES)
FIXED = {
    "chunkingStrategy": "FIXED_SIZE",
    "fixedSizeChunkingConfiguration": {"maxTokens": 15, "overlapPercentage": 40},
}
HIERARCHICAL = {
    "chunkingStrategy": "HIERARCHICAL",
    "hierarchicalChunkingConfiguration": {
        "levelConfigurations": [{"maxTokens": 30}, {"maxTokens": 10}],
        "overlapTokens": 5,
    },
}
SEMANTIC = {
    "chunkingStrategy": "SEMANTIC",
    "semanticChunkingConfiguration": {"maxTokens": 100, "bufferSize": 0, "breakpointPercentileThreshold": 95},
}


def words(text: str) -> int:
    return len(text.split())


def by_first_letter(texts: Sequence[str]) -> Vectors:
    """Texts that begin alike mean the same."""
    letters = sorted({text[0] for text in texts})
    return np.array([[float(text[0] == letter) for letter in letters] for text in texts], dtype=np.float32)


def cut(text: str, configuration: dict[str, Any]) -> list[Chunk]:
    return Chunker(configuration, words, by_first_letter).chunks(text)


def shown(text: str, chunks: Sequence[Chunk]) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunks]


def test_fixed_chunks_hold_whole_sentences_within_their_size_and_overlap() -> None:
    texts = shown(TEXT, cut(TEXT, FIXED))
    assert all(words(text) <= 15 and text.endswith(".") for text in texts)
    for before, after in itertools.pairwise(texts):
        assert after.startswith(before.split(". ")[-1].rstrip("."))
    assert set(SENTENCES) <= {f"{part.rstrip('.')}." for text in texts for part in text.split(". ")}


def test_a_sentence_longer_than_a_chunk_is_cut_between_words() -> None:
    text = "word " * 100
    texts = shown(text, cut(text, FIXED))
    assert all(0 < words(each) <= 15 for each in texts)
    assert sum(words(each) for each in texts) >= 100


def test_children_of_a_hierarchy_show_their_parents() -> None:
    chunks = cut(TEXT, HIERARCHICAL)
    parents = {chunk.parent for chunk in chunks}
    assert 1 < len(parents) < len(chunks)
    for chunk in chunks:
        assert chunk.parent[0] <= chunk.start < chunk.end <= chunk.parent[1]
        assert words(TEXT[chunk.start : chunk.end]) <= 10
        assert words(TEXT[slice(*chunk.parent)]) <= 30


def test_semantic_chunks_end_where_the_subject_changes() -> None:
    text = " ".join(
        [f"Apples are fruit number {n}." for n in range(10)] + [f"Boats sail on sea {n}." for n in range(10)]
    )
    texts = shown(text, cut(text, SEMANTIC))
    assert [each[0] for each in texts] == ["A", "B"]


def test_without_chunking_the_document_is_one_chunk() -> None:
    assert shown(TEXT, cut(TEXT, {"chunkingStrategy": "NONE"})) == [TEXT]


@pytest.mark.parametrize("configuration", [{}, FIXED, HIERARCHICAL, SEMANTIC, {"chunkingStrategy": "NONE"}])
def test_nothing_of_a_text_is_lost_and_no_words_make_no_chunk(configuration: dict[str, Any]) -> None:
    text = TEXT + "\n\n日本語の文。もう一つの文。\n\nNo full stop at the end"
    kept = {place for chunk in cut(text, configuration) for place in range(chunk.start, chunk.end)}
    assert not [place for place, character in enumerate(text) if character.strip() and place not in kept]
    assert cut(" \n ", configuration) == []
