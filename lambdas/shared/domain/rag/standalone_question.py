"""One question that can be searched with, made of a conversation's newest one or of a very long one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lambdas.shared.domain.chat_model import ChatMessage
from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.prompt import Prompt
from lambdas.shared.domain.rag.passage_prompt import escaped

REWRITING_PROMPT = "rewrite_question.v1"
MAX_QUESTION_CHARACTERS = 10_000
# What a Knowledge Base takes as a query, and the grounding check as a question.
MAX_QUERY_CHARACTERS = 1_000


def check_question(question: str) -> None:
    """Raises InvalidInputError for a blank question, and for one of more than `MAX_QUESTION_CHARACTERS`."""
    if not question.strip():
        raise bad_question("must not be blank")
    if len(question) > MAX_QUESTION_CHARACTERS:
        detail = f"has {len(question):,} characters; at most {MAX_QUESTION_CHARACTERS:,} are taken"
        raise bad_question(f"{detail}. Put long material into documents and ask about it")


def bad_question(detail: str) -> InvalidInputError:
    """The error for a question that cannot be searched with."""
    return InvalidInputError(f"/question: {detail}.", errors=(FieldError("/question", detail),))


def rewriting_message(prompt: Prompt, history: Sequence[ChatMessage], question: str) -> str:
    """The user's message for the rewriting: the conversation in tags that it cannot close, then the question."""
    before, _, after = prompt.user.partition("{{document}}")
    said = "\n".join(f"{message.role.capitalize()}: {escaped(message.text)}" for message in history)
    return before + said + after.replace("{{question}}", escaped(question))


def read_standalone(text: str) -> str | None:
    """The question in a model's answer; None where there is none that can be searched with."""
    start, end = text.find("{"), text.rfind("}")
    try:
        value = json.loads(text[start : end + 1], strict=False)
    except (ValueError, RecursionError):
        return None
    question = value.get("standalone_question") if isinstance(value, dict) else None
    if not isinstance(question, str):
        return None
    question = " ".join(question.split())
    return question if 1 <= len(question) <= MAX_QUERY_CHARACTERS else None
