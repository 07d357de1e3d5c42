"""Summarizes a text now, on the same requests as a dropped document."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatRequest
from lambdas.shared.domain.errors import (
    FieldError,
    InvalidAnswerError,
    InvalidInputError,
    ModelUnavailableError,
    TooLargeError,
    UnknownModelError,
)
from lambdas.shared.domain.execution import Spent
from lambdas.shared.domain.section_notes import grouped_notes, note_of
from lambdas.shared.domain.summary import AnswerCutError, Summary, read_summary
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts, SummaryRequests
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels

OPERATION = "summaries.text"
MAX_TEXT_BYTES = 1024 * 1024
_ATTEMPTS = 3
# A call that begins with less than this left would be cut off by the end of the function, and be paid for nothing.
_SHORTEST_CALL_SECONDS = 70.0


@dataclass(frozen=True, slots=True)
class TextToSummarize:
    """`model` may be an alias. `remaining_seconds()` is how long the invocation may still run."""

    caller: Caller
    text: str
    options: SummaryOptions
    model: str
    remaining_seconds: Callable[[], float] = lambda: math.inf


class TextSummary(NamedTuple):
    """A summary, and what it took."""

    summary: Summary
    model: str
    prompt_version: str
    sections: int
    spent: Spent


class SummarizeText:
    """One call for a text of one section; sections one after the other, then their merge, for a longer one."""

    def __init__(self, *, models: MeteredModels, prompts: SummaryPrompts, guards_texts: bool = False) -> None:
        self._models = models
        self._prompts = prompts
        self._guards_texts = guards_texts

    def summarize(self, wanted: TextToSummarize) -> TextSummary:
        """Raises InvalidInputError, TooLargeError and UnknownModelError before anything is paid; then what
        `MeteredModels.reply` raises, and InvalidAnswerError after three answers that could not be used."""
        _check(wanted.text)
        requests = self._requests(wanted)
        texts = sections = requests.split([wanted.text])
        spent = Spent()
        while True:
            summaries = []
            for request in requests.requests(texts):
                summary, spent = self._ask(request, wanted, spent)
                summaries.append(summary)
            if len(summaries) == 1:
                version = requests.version(len(sections))
                return TextSummary(summaries[0], requests.model.model_id, version, len(sections), spent)
            texts = grouped_notes(list(_notes(summaries)), most_tokens=requests.most_tokens)

    def _requests(self, wanted: TextToSummarize) -> SummaryRequests:
        try:
            model = self._models.resolve(wanted.model)
        except UnknownModelError as error:
            raise _bad_model(str(error)) from error
        if model.card.kind != "chat":
            raise _bad_model(f"{model.model_id} is no chat model (it is for {model.card.kind})")
        return self._prompts.requests(model, wanted.options)

    def _ask(self, request: ChatRequest, wanted: TextToSummarize, spent: Spent) -> tuple[Summary, Spent]:
        caller = wanted.caller
        purpose = CallPurpose(caller.tenant, caller.client, caller.subject, OPERATION, "text")
        messages = tuple(replace(message, guarded=self._guards_texts) for message in request.messages)
        request = replace(request, messages=messages)
        for attempt in range(_ATTEMPTS):
            if wanted.remaining_seconds() < _SHORTEST_CALL_SECONDS:
                raise ModelUnavailableError("The model is too slow for this text now. Drop it as a document instead.")
            reply = self._models.reply(request, purpose)
            usage = reply.usage
            spent = spent.plus(
                calls=1,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cost_usd=reply.cost_usd,
            )
            try:
                return read_summary(reply.text, reply.stop_reason), spent
            except InvalidAnswerError as error:
                if attempt == _ATTEMPTS - 1:
                    raise
                request = _with_more_room(request) if isinstance(error, AnswerCutError) else request
        raise AssertionError("the last attempt returns or raises")


def _bad_model(detail: str) -> UnknownModelError:
    return UnknownModelError(detail, errors=(FieldError("/model", detail),))


def _check(text: str) -> None:
    if not text.strip():
        raise InvalidInputError("/text: must not be blank.", errors=(FieldError("/text", "must not be blank"),))
    size = len(text.encode())
    if size > MAX_TEXT_BYTES:
        raise TooLargeError(
            f"The text has {size:,} bytes; at most {MAX_TEXT_BYTES:,} are summarized at once. "
            "Drop it as a document instead."
        )


def _notes(summaries: Sequence[Summary]) -> Iterator[str]:
    for at, summary in enumerate(summaries):
        yield note_of(summary, number=at + 1, of=len(summaries))


def _with_more_room(request: ChatRequest) -> ChatRequest:
    """An answer that was cut would be cut again at the same limit."""
    limit = request.parameters.max_tokens
    return request if limit is None else replace(request, parameters=replace(request.parameters, max_tokens=limit * 2))
