"""Makes the query of a question: the question itself, or one that stands alone, written by a model."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.errors import ModelError
from lambdas.shared.domain.rag.standalone_question import (
    MAX_QUERY_CHARACTERS,
    REWRITING_PROMPT,
    bad_question,
    read_standalone,
    rewriting_message,
)
from lambdas.shared.domain.window import Window
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels
from lambdas.shared.services.rag_question import Bill, RagQuestion

if TYPE_CHECKING:
    from lambdas.shared.domain.prompt import Prompt

_LOG = logging.getLogger(__name__)
# Room for a thousand characters in any script, as JSON.
_MOST_TOKENS = 1_000


class QuestionRewriting:
    """`model`: who rewrites, an alias or an id. `load_prompt` is called once a question is to be rewritten."""

    def __init__(self, *, models: MeteredModels, load_prompt: Callable[[str], Prompt], model: str) -> None:
        self._models = models
        self._load_prompt = load_prompt
        self._model = model

    def query(self, wanted: RagQuestion, history: Window, reference: str) -> tuple[str, Bill]:
        """The query, and what it cost. A question that goes on with a conversation is rewritten; where that fails, it
        is searched with as it stands. Raises what a model raises, and InvalidInputError, for a question over 1,000
        characters that cannot be shortened: it is never cut."""
        question, bill = wanted.question, Bill()
        short = len(question) <= MAX_QUERY_CHARACTERS
        if short and not history.messages:
            return question, bill
        try:
            rewritten, bill = self._rewritten(wanted, history, reference)
        except ModelError as error:
            if not short:
                raise
            _LOG.warning("question not rewritten: %s", type(error).__name__)
            return question, bill
        if rewritten is None and not short:
            raise too_long(question)
        return rewritten or question, bill

    def _rewritten(self, wanted: RagQuestion, history: Window, reference: str) -> tuple[str | None, Bill]:
        prompt = self._load_prompt(REWRITING_PROMPT)
        request = ChatRequest(
            model_id=self._model,
            messages=(ChatMessage("user", rewriting_message(prompt, history.messages, wanted.question), guarded=True),),
            system=prompt.system,
            parameters=SamplingParameters(temperature=0.0, max_tokens=_MOST_TOKENS),
        )
        caller = wanted.caller
        purpose = CallPurpose(caller.tenant, caller.client, caller.subject, "rag.rewrite", reference)
        reply = self._models.reply(request, purpose)
        return read_standalone(reply.text), Bill().plus(reply.usage, reply.cost_usd)


def too_long(question: str) -> Exception:
    """The error for a long question of which no query can be made."""
    return bad_question(
        f"has {len(question):,} characters, and no query of {MAX_QUERY_CHARACTERS:,} could be made of it; "
        "ask it more briefly"
    )
