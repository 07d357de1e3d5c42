"""Passages in a prompt: numbered, between tags that no document can write, and never in the system part."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.prompt import Prompt

PROMPT_VERSION = "answer_from_passages.v1"
# What the prompt has a model say where the passages do not hold the answer.
NOT_IN_THE_PASSAGES = "NOT_IN_THE_PASSAGES"
# Whatever could open or close a tag, also in the full-width forms that some models read as the same sign.
_TAG = re.compile(r"[<＜﹤](?=[\s/＞>!?]*[A-Za-z!?/])")


def escaped(text: str) -> str:
    """`text` without a tag in it: a sign that could begin one is written as an entity."""
    return _TAG.sub("&lt;", text)


def passage_message(prompt: Prompt, passages: Sequence[Passage], question: str, *, key: str) -> str:
    """The user's message: passages from number 1 on, then the question. `key`: a random word that was not known when
    the documents were written, so that none of them can write a tag of this request."""
    before, _, after = prompt.user.replace("{{key}}", key).partition("{{document}}")
    return before + _numbered(passages, key) + after.replace("{{question}}", escaped(question))


def _numbered(passages: Sequence[Passage], key: str) -> str:
    return "\n".join(
        f'<passage number="{number}" key="{key}">\n{escaped(passage.text.strip())}\n</passage>'
        for number, passage in enumerate(passages, 1)
    )
