"""Asks a model to answer from passages, and lets through what a reader may see of the answer while it arrives."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import NamedTuple

from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.errors import FieldError, ModelStreamInterruptedError, UnknownModelError
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.prompt import Prompt
from lambdas.shared.domain.rag.answer_reader import AnswerReader, ReadAnswer
from lambdas.shared.domain.rag.passage_prompt import passage_message
from lambdas.shared.domain.tokens import MOST_TOKENS_PER_CHARACTER, estimate_tokens
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels, MeteredReply

MAX_ANSWER_TOKENS = 1_500
# What is left of the invocation when an answer is given up, so that its end can still be told.
_LAST_SECONDS = 5.0
# Tags around a passage, and what providers count around messages.
_TOKENS_AROUND = 40


class PassageQuestion(NamedTuple):
    """`question`: the caller's words; `query`: what was searched with; `whole`: the answer is wanted in one piece."""

    question: str
    query: str
    passages: tuple[Passage, ...]
    whole: bool
    remaining_seconds: Callable[[], float]


class PassageAnswer(NamedTuple):
    """`passages`: those that were shown, number 1 first; `reply`: the model's, with its price."""

    read: ReadAnswer
    passages: tuple[Passage, ...]
    reply: MeteredReply


class AnswerFromPassages:
    """`prompt`: that of `passage_prompt`; `new_key()`: a word that no document can know."""

    def __init__(
        self, *, models: MeteredModels, prompt: Prompt, new_key: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._models = models
        self._prompt = prompt
        self._new_key = new_key

    def resolve(self, name: str) -> ResolvedModel:
        """The model of that name. Raises UnknownModelError, also for one that does not chat."""
        try:
            model = self._models.resolve(name)
        except UnknownModelError as error:
            raise _bad_model(str(error)) from error
        if model.card.kind != "chat":
            raise _bad_model(f"{model.model_id} is no chat model (it is for {model.card.kind})")
        return model

    def ask(
        self, asked: PassageQuestion, model: ResolvedModel, purpose: CallPurpose
    ) -> Generator[str | PassageAnswer, None, None]:
        """The answer's text in pieces, then all of it. Raises what `MeteredModels.stream` raises, and
        ModelStreamInterruptedError when the invocation's time is over."""
        passages = passages_that_fit(asked, model.card, self._prompt.system)
        key = self._new_key()
        told = "\n".join([asked.question, *(each.text for each in passages)])
        reader = AnswerReader(question=asked.question, instructions=self._prompt.system, key=key, told=told)
        reply = yield from _relay(self._call(asked, passages, key, model, purpose), reader, asked.remaining_seconds)
        last, read = reader.finish()
        if last:
            yield last
        yield PassageAnswer(read, passages, reply)

    def _call(
        self,
        asked: PassageQuestion,
        passages: Sequence[Passage],
        key: str,
        model: ResolvedModel,
        purpose: CallPurpose,
    ) -> Iterator[str | MeteredReply]:
        rewritten = asked.query != asked.question and len(asked.question) <= len(asked.query)
        question = f"{asked.question}\nIn full: {asked.query}" if rewritten else asked.question
        request = ChatRequest(
            model_id=model.model_id,
            messages=(ChatMessage("user", passage_message(self._prompt, passages, question, key=key), guarded=True),),
            system=self._prompt.system,
            parameters=SamplingParameters(temperature=0.0, max_tokens=MAX_ANSWER_TOKENS),
        )
        if model.card.capabilities.streaming and not asked.whole:
            return self._models.stream(request, purpose)
        reply = self._models.reply(request, purpose)
        return iter((reply.text, reply))


def passages_that_fit(asked: PassageQuestion, card: ModelCard, system: str) -> tuple[Passage, ...]:
    """The best of them that fit into the model's window beside everything else; at least one."""
    if card.context_tokens is None:
        return asked.passages
    room = card.context_tokens - min(MAX_ANSWER_TOKENS, card.max_output_tokens or MAX_ANSWER_TOKENS)
    if _most_tokens(asked, system) <= room:  # true of nearly every question, and costs nothing to see
        return asked.passages
    room -= estimate_tokens(system) + estimate_tokens(asked.question) + estimate_tokens(asked.query)
    for count, passage in enumerate(asked.passages):
        room -= estimate_tokens(passage.text) + _TOKENS_AROUND
        if room < 0 and count:
            return asked.passages[:count]
    return asked.passages


def _most_tokens(asked: PassageQuestion, system: str) -> int:
    passages = sum([len(passage.text) for passage in asked.passages])
    characters = len(system) + len(asked.question) + len(asked.query) + passages
    return MOST_TOKENS_PER_CHARACTER * characters + _TOKENS_AROUND * len(asked.passages)


def _relay(
    pieces: Iterator[str | MeteredReply], reader: AnswerReader, remaining_seconds: Callable[[], float]
) -> Generator[str, None, MeteredReply]:
    try:
        for piece in pieces:
            if isinstance(piece, MeteredReply):
                return piece
            if passed := reader.feed(piece):
                yield passed
            if remaining_seconds() < _LAST_SECONDS:
                raise ModelStreamInterruptedError("The answer took longer than one request may run.")
    finally:
        getattr(pieces, "close", _nothing)()  # ends the call, and puts it on the ledger
    raise AssertionError("a model's stream ends in its reply or in an error")


def _bad_model(detail: str) -> UnknownModelError:
    return UnknownModelError(detail, errors=(FieldError("/model", detail),))


def _nothing() -> None:
    """Iterators that are no generators have nothing to close."""
