"""Sentence embeddings and token counts from wordllama, whose weights lie in its wheel."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from local.bedrock.brain import Vectors

DIMENSIONS = 256
LONGEST_TEXT = 20_000  # characters that go into one vector; a mean over more words says nothing more
CHUNK = 4_000  # characters: the tokenizer slows down on one long string
COUNTED_CHUNKS = 24  # beyond these the count is extrapolated from evenly spread chunks


_loading = threading.Lock()  # so that a request during the warm-up waits for it instead of loading again


def _model() -> Any:
    with _loading:
        return _loaded_model()


@cache
def _loaded_model() -> Any:
    import wordllama  # here, because it brings a third of a second of imports that the background can wait for

    # Its own lookup misses the tokenizer's folder, hence the explicit cache_dir; nothing is downloaded.
    return wordllama.WordLlama.load(disable_download=True, cache_dir=Path(wordllama.__file__).parent)


@cache
def _counter() -> Any:
    """A tokenizer of its own: the model's is set to pad, which would count the padding."""
    tokenizer = _model().tokenizer
    own = type(tokenizer).from_str(tokenizer.to_str())
    own.no_padding()
    own.no_truncation()
    return own


def warm_up() -> None:
    """Load in the background, so that the first request does not wait (0.4 s)."""
    threading.Thread(target=_counter, name="wordllama", daemon=True).start()


def embed(texts: Sequence[str]) -> Vectors:
    """One L2-normalized row for each text; a text without any known token gets a zero row."""
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    raw = _model().embed([text[:LONGEST_TEXT] for text in texts])
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    return np.asarray(raw / np.maximum(lengths, 1e-12), dtype=np.float32)


def count_tokens(text: str) -> int:
    """Tokens of Llama 2's vocabulary: close to hosted models for Latin script, more for others; >= 1."""
    chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    if len(chunks) <= COUNTED_CHUNKS:
        return max(1, _exact(chunks))
    step = len(chunks) / COUNTED_CHUNKS
    sample = [chunks[int(place * step)] for place in range(COUNTED_CHUNKS)]
    return round(_exact(sample) * len(text) / sum(len(chunk) for chunk in sample))


def _exact(chunks: list[str]) -> int:
    if len(chunks) == 1:
        return len(_counter().encode(chunks[0], add_special_tokens=False).ids)
    return sum(len(encoding.ids) for encoding in _counter().encode_batch_fast(chunks, add_special_tokens=False))
