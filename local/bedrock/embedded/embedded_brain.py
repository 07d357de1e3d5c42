"""The default brain: answers by quoting and summarizing, with embeddings that run anywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from local.bedrock.brain import Finish, Prompt, Vectors
from local.bedrock.embedded import sentence_vectors
from local.bedrock.embedded.chat_answer import answer_chat
from local.bedrock.embedded.cited_answer import answer_with_citations
from local.bedrock.embedded.prompt_reading import read_prompt
from local.bedrock.embedded.schema_writer import instance_of
from local.bedrock.generation import pieces_of

VERSION = "1"
PIECE_MS = 2.0


class EmbeddedBrain:
    """Deterministic: the same prompt gets the same answer."""

    name = "embedded"
    version = VERSION
    description = "embedded: extractive answers on wordllama embeddings, no language model"

    def __init__(self, *, first_token_ms: float = 0.0, piece_ms: float = PIECE_MS) -> None:
        """`first_token_ms`: wait before any answer, whole or streamed; `piece_ms`: pause between streamed pieces."""
        self._first_token = first_token_ms / 1000
        self._piece = piece_ms / 1000
        sentence_vectors.warm_up()

    def answer(self, prompt: Prompt, *, streamed: bool) -> Iterator[str | Finish]:
        """The answer in pieces of a few words."""
        began = time.monotonic()
        text = self._text(prompt)
        time.sleep(max(0.0, self._first_token - (time.monotonic() - began)))
        if not streamed:
            yield text
            return
        for index, piece in enumerate(pieces_of(text)):
            if index:
                time.sleep(self._piece)
            yield piece

    def embed(self, texts: Sequence[str]) -> Vectors:
        """256 dimensions, L2-normalized."""
        return sentence_vectors.embed(texts)

    def count_tokens(self, text: str) -> int:
        """Tokens of Llama 2's vocabulary; extrapolated for texts over 96 KB."""
        return sentence_vectors.count_tokens(text)

    def _text(self, prompt: Prompt) -> str:
        reading = read_prompt(prompt)
        if reading.schema is not None:
            return json.dumps(instance_of(reading.schema, reading), ensure_ascii=False)
        return answer_with_citations(reading) if reading.numbered else answer_chat(reading)
