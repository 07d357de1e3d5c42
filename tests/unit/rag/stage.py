"""A GroundedAnswer on fakes, for this folder's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatModel
from lambdas.shared.domain.guardrail import Guardrail, GuardrailPrices
from lambdas.shared.domain.model_card import ModelCard, Prices
from lambdas.shared.domain.passage_retriever import Passage, PassageRetriever
from lambdas.shared.domain.prompt import Prompt
from lambdas.shared.domain.rag.passage_prompt import PROMPT_VERSION
from lambdas.shared.domain.reranker import Reranker
from lambdas.shared.services.answer_from_passages import AnswerFromPassages
from lambdas.shared.services.find_passages import FindPassages
from lambdas.shared.services.grounded_answer import GroundedAnswer
from lambdas.shared.services.grounding_check import MeteredGrounding
from lambdas.shared.services.leased_conversation import LeasedConversations
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.metered_reranker import MeteredReranker
from lambdas.shared.services.question_rewriting import QuestionRewriting
from lambdas.shared.services.rag_question import RagAnswer, RagItem, RagQuestion
from tests.fakes.conversations import InMemoryConversationStore
from tests.fakes.guardrails import GUARDRAIL
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, model_card, small_catalog
from tests.fakes.passages import InMemoryPassageRetriever, InMemoryPassageSources, ScriptedGroundingChecker, passage

ANN = Caller(tenant="acme", client="shop", subject="ann")
MILL = passage(1, "The mill was completed in the autumn of 1803 by Anna Reed.", year=1803)
BRIDGE = passage(2, "The bridge by the mill is 40 metres long and made of oak.", year=1820)
CITED = 'It was completed in 1803. [1: "completed in the autumn of 1803"]'
ASKED = RagQuestion(caller=ANN, question="When was the mill completed?")
KEY = "00ff00ff00ff00ff"
PRICES = GuardrailPrices(contextual_grounding=Decimal("0.10"), as_of="2026-11-25", source="a test")

RERANK_CARD = model_card(
    "acme.rerank-v1:0", kind="rerank", prices=Prices(query=Decimal("0.001"), as_of="2026-11-25", source="a test")
)


class Stage:
    """`passages`: by tenant (default: two of acme's); `script`: what the model answers in turn."""

    def __init__(
        self,
        *script: Any,
        passages: Mapping[str, Sequence[Passage]] | None = None,
        collections: Mapping[tuple[str, str], PassageRetriever] | None = None,
        floor: float = 0.2,
        top_k: int = 5,
        rewriting: bool = True,
        reranker: Reranker | None = None,
        rerank_card: ModelCard = RERANK_CARD,
        rerank_floor: float = 0.0,
        checker: ScriptedGroundingChecker | None = None,
        guardrail: Guardrail | None = None,
        cards: Sequence[Any] = (),
        chat_model: ChatModel | None = None,
        prompt: Prompt | None = None,
        conversations: Any = None,
        **model: Any,
    ) -> None:
        self.model = ScriptedChatModel(*(script or (CITED,)), **model)
        self.ledger = InMemoryLedger()
        self.store = InMemoryConversationStore()
        self.retriever = InMemoryPassageRetriever(passages or {"acme": [MILL, BRIDGE]})
        catalog = small_catalog(*(cards or (model_card(), model_card("acme.large-v1:0"))))
        metered = MeteredModels(
            models=chat_model or self.model, catalog=catalog, ledger=self.ledger, guardrail=guardrail
        )
        prompts = FilePromptLibrary()
        self.find = FindPassages(
            sources=InMemoryPassageSources(self.retriever, collections),
            rewriting=QuestionRewriting(models=metered, load_prompt=prompts.load, model="fast") if rewriting else None,
            reranker=self._metered(reranker, rerank_card, rerank_floor),
            top_k=top_k,
            score_floor=floor,
        )
        self.rag = GroundedAnswer(
            find=self.find,
            conversations=conversations or LeasedConversations(self.store, conversation_days=30, now=_now),
            answers=AnswerFromPassages(
                models=metered, prompt=prompt or prompts.load(PROMPT_VERSION), new_key=lambda: KEY
            ),
            model="balanced",
            grounding=self._grounding(checker),
        )

    def _grounding(self, checker: ScriptedGroundingChecker | None) -> MeteredGrounding | None:
        if checker is None:
            return None
        return MeteredGrounding(checker=checker, guardrail=GUARDRAIL, ledger=self.ledger, prices=PRICES, now=_now)

    def _metered(self, reranker: Reranker | None, card: ModelCard, floor: float) -> MeteredReranker | None:
        if reranker is None:
            return None
        return MeteredReranker(reranker=reranker, card=card, ledger=self.ledger, score_floor=floor, now=_now)

    def ask(self, question: str = ASKED.question, **changes: Any) -> RagAnswer:
        return self.rag.answer(replace(ASKED, question=question, **changes))

    def stream(self, question: str = ASKED.question, *, strict: bool = False, **changes: Any) -> list[RagItem]:
        return list(self.rag.stream(replace(ASKED, question=question, **changes), strict=strict))

    def texts(self, conversation_id: str) -> list[str]:
        return [each.text for each in self.store.messages(ANN.owner, conversation_id, limit=20).items]

    @property
    def operations(self) -> list[tuple[str, str]]:
        return [(event.operation, event.outcome) for event in self.ledger.events]


def _now() -> datetime:
    return datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
