"""Answers a question from documents: finds passages, asks the model, checks each citation, or says there is none."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.rag.answer_reader import ReadAnswer
from lambdas.shared.domain.rag.citations import Citation, is_supported, verified_citations
from lambdas.shared.domain.rag.grounding import GroundingCheck, GroundingQuestion
from lambdas.shared.domain.rag.passage_prompt import NOT_IN_THE_PASSAGES
from lambdas.shared.domain.rag.standalone_question import check_question
from lambdas.shared.services.answer_from_passages import AnswerFromPassages, PassageAnswer, PassageQuestion
from lambdas.shared.services.find_passages import FindPassages
from lambdas.shared.services.grounding_check import MeteredGrounding
from lambdas.shared.services.leased_conversation import LeasedConversation, LeasedConversations
from lambdas.shared.services.metered_models import CallPurpose
from lambdas.shared.services.rag_question import (
    NOT_FOUND,
    Bill,
    FoundPassages,
    RagAnswer,
    RagItem,
    RagQuestion,
    RagStarted,
    Refusal,
)

# What of the conversation a question is understood by.
_HISTORY_TOKENS = 1_500


@dataclass(slots=True)
class _Asking:
    wanted: RagQuestion
    model: ResolvedModel
    leased: LeasedConversation
    whole: bool  # nothing is sent before all of it is verified
    started: bool = False

    def purpose(self, operation: str) -> CallPurpose:
        caller = self.wanted.caller
        return CallPurpose(caller.tenant, caller.client, caller.subject, operation, self.leased.id)


class GroundedAnswer:
    """`model`: who answers where the caller names none; `grounding` None = the citations alone are checked."""

    def __init__(
        self,
        *,
        find: FindPassages,
        conversations: LeasedConversations,
        answers: AnswerFromPassages,
        model: str,
        grounding: MeteredGrounding | None = None,
    ) -> None:
        self._find = find
        self._conversations = conversations
        self._answers = answers
        self._model = model
        self._grounding = grounding

    def answer(self, wanted: RagQuestion) -> RagAnswer:
        """The whole answer at once; raises what `stream` raises."""
        for item in self.stream(wanted, strict=True):
            if isinstance(item, RagAnswer):
                return item
        raise AssertionError("a question ends in its answer or in an error")

    def stream(self, wanted: RagQuestion, *, strict: bool = False) -> Generator[RagItem, None, None]:
        """`RagStarted`, the answer's pieces, then `RagAnswer` once the turn is stored. An answer that is not grounded
        withdraws the pieces; `strict`: no piece is sent before that is known.

        Before the first item: InvalidInputError, NotFoundError, ConversationBusyError, BlockedByGuardrailError, and
        what models and retrievers raise. After it: ModelStreamInterruptedError, BlockedByGuardrailError,
        ConversationBusyError. Nothing is stored of a turn that failed or was given up: it was not verified.
        """
        check_question(wanted.question)
        model = self._answers.resolve(wanted.model or self._model)
        leased = self._conversations.begin(wanted.caller.owner, wanted.conversation_id, wanted.question)
        try:
            answer = yield from self._answered(_Asking(wanted, model, leased, strict))
            leased.store(wanted.question, answer.answer, model=answer.model if answer.stop_reason else None)
        except BaseException:
            leased.release()
            raise
        yield answer

    def _answered(self, asking: _Asking) -> Generator[RagItem, None, RagAnswer]:
        wanted, leased = asking.wanted, asking.leased
        found = self._find.find(wanted, leased.recent(_HISTORY_TOKENS), reference=leased.id)
        if not found.passages:
            yield from self._send(asking, NOT_FOUND)
            return _refusal(asking, found, "no_passages")
        asked = PassageQuestion(wanted.question, found.query, found.passages, asking.whole, wanted.remaining_seconds)
        pieces = self._answers.ask(asked, asking.model, asking.purpose("rag.answer"))
        given = yield from self._relay(asking, pieces)
        answer = self._verified(asking, found, given)
        if asking.whole or not asking.started:
            yield from self._send(asking, answer.answer)
        return answer

    def _relay(
        self, asking: _Asking, pieces: Generator[str | PassageAnswer, None, None]
    ) -> Generator[RagItem, None, PassageAnswer]:
        try:
            for piece in pieces:
                if isinstance(piece, PassageAnswer):
                    return piece
                if not asking.whole:
                    yield from self._send(asking, piece)
        finally:
            pieces.close()  # ends the call, and puts it on the ledger, before the conversation is released
        raise AssertionError("an answer from passages ends in itself or in an error")

    def _send(self, asking: _Asking, text: str) -> Iterator[RagItem]:
        if not asking.started:
            asking.leased.wait()
            asking.started = True
            yield RagStarted(asking.leased.id, asking.model.model_id)
        yield text

    def _verified(self, asking: _Asking, found: FoundPassages, given: PassageAnswer) -> RagAnswer:
        """The answer where it rests on its passages, or what stands in its place."""
        reply = given.reply
        found = replace(found, passages=given.passages, bill=found.bill.plus(reply.usage, reply.cost_usd))
        citations = verified_citations(given.read, given.passages)
        if refusal := _objection(given.read, citations):
            return _refusal(asking, found, refusal, given=given)
        check, bill = self._check(asking, found, given.read.text, citations)
        found = replace(found, bill=bill)
        if check == "failed":
            return _refusal(asking, found, "ungrounded", given=given, check=check)
        return _answer(asking, found, given, given.read.text, citations, check)

    def _check(
        self, asking: _Asking, found: FoundPassages, text: str, citations: tuple[Citation, ...]
    ) -> tuple[GroundingCheck, Bill]:
        """Against the cited passages: the answer says that it rests on these, and each text unit is billed."""
        if self._grounding is None:
            return "off", found.bill
        cited = {citation.passage_id for citation in citations}
        sources = [passage.text for passage in found.passages if passage.id in cited]
        question = GroundingQuestion(found.query, sources, text)
        check, usd = self._grounding.check(question, asking.purpose("rag.grounding"))
        return check, found.bill.plus(None, usd)


def _objection(read: ReadAnswer, citations: tuple[Citation, ...]) -> Refusal | None:
    if read.not_found or NOT_IN_THE_PASSAGES in read.text:
        return "not_in_passages"
    return None if is_supported(read.text, citations) and not read.echoes else "unsupported"


def _refusal(
    asking: _Asking,
    found: FoundPassages,
    reason: Refusal,
    *,
    given: PassageAnswer | None = None,
    check: GroundingCheck = "off",
) -> RagAnswer:
    return _answer(asking, found, given, NOT_FOUND, (), check, reason)


def _answer(
    asking: _Asking,
    found: FoundPassages,
    given: PassageAnswer | None,
    text: str,
    citations: tuple[Citation, ...],
    check: GroundingCheck,
    refusal: Refusal | None = None,
) -> RagAnswer:
    return RagAnswer(
        conversation_id=asking.leased.id,
        answer=text,
        grounded=refusal is None,
        refusal=refusal,
        citations=citations,
        passages=found.passages,
        query=found.query,
        reranking=found.reranking,
        model=given.reply.model if given else asking.model.model_id,
        grounding_check=check,
        links_removed=given.read.links_removed if given else 0,
        stop_reason=given.reply.stop_reason if given else None,
        bill=found.bill,
    )
