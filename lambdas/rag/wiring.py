"""Picks the adapters of a RAG function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.bedrock_grounding_checker import BedrockGroundingChecker
from lambdas.shared.adapters.bedrock_guardrail_checker import BedrockGuardrailChecker
from lambdas.shared.adapters.bedrock_text_embedder import BedrockTextEmbedder
from lambdas.shared.adapters.dynamodb_collection_registry import DynamoDbCollectionRegistry
from lambdas.shared.adapters.dynamodb_conversation_store import DynamoDbConversationStore
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_cards, load_catalog
from lambdas.shared.adapters.s3_message_texts import S3MessageTexts
from lambdas.shared.adapters.s3_vectors_vector_store import S3VectorsVectorStore
from lambdas.shared.domain.guardrail import NOT_APPLIED, Guardrail, deployed_guardrail
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.domain.rag.passage_prompt import PROMPT_VERSION
from lambdas.shared.services.answer_from_passages import AnswerFromPassages
from lambdas.shared.services.collection_items import CollectionItems
from lambdas.shared.services.collection_lookup import CollectionLookup
from lambdas.shared.services.deployed_sources import DeployedPassageSources
from lambdas.shared.services.find_passages import FindPassages
from lambdas.shared.services.fresh_words import FreshWords
from lambdas.shared.services.grounded_answer import GroundedAnswer
from lambdas.shared.services.grounding_check import MeteredGrounding
from lambdas.shared.services.leased_conversation import LeasedConversations
from lambdas.shared.services.metered_embeddings import MeteredEmbeddings
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.paid_calls import PaidCallsLedger
from lambdas.shared.services.question_rewriting import QuestionRewriting

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

    from lambdas.rag.answer_handler import Settings
    from lambdas.shared.domain.ledger import Ledger
    from lambdas.shared.domain.passage_retriever import PassageRetriever
    from lambdas.shared.services.metered_reranker import MeteredReranker

# Time to the first piece, and between two; three attempts at it end well before the function's 300 s.
_READ_TIMEOUT_SECONDS = 60
# What only improves an answer must not hold it up: after two attempts at it the order of retrieval stands.
_RERANKING_TIMEOUT_SECONDS = 5
_NONE = "none"


def rag_services(settings: Settings) -> tuple[GroundedAnswer, FindPassages]:
    """The two services, over the same models and stores."""
    client = aws_clients.bedrock_runtime(attempts=3, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
    database = aws_clients.dynamodb()
    ledger = PaidCallsLedger(DynamoDbLedger(database, table=settings.ledger_table, days=settings.ledger_days))
    models, fresh = _models(settings, client, ledger), FreshWords()
    prompts = FilePromptLibrary()
    rewriting = QuestionRewriting(models=models, load_prompt=prompts.load, model=settings.rag_rewriting_model)
    find = FindPassages(
        sources=_sources(settings, client, ledger),
        rewriting=rewriting if settings.rag_query_rewriting == "on" else None,
        reranker=_reranker(settings, ledger),
        top_k=settings.rag_top_k,
        score_floor=settings.rag_score_floor,
    )
    texts = S3MessageTexts(aws_clients.s3, bucket=settings.results_bucket)
    store = DynamoDbConversationStore(database, table=settings.conversations_table, texts=texts)
    answers = GroundedAnswer(
        find=find,
        conversations=LeasedConversations(store, conversation_days=settings.conversation_days, new_token=fresh),
        answers=AnswerFromPassages(models=models, prompt=prompts.load(PROMPT_VERSION), new_key=fresh),
        model=settings.rag_model,
        grounding=_grounding(settings, client, ledger),
    )
    return answers, find


def _models(settings: Settings, client: BedrockRuntimeClient, ledger: Ledger) -> MeteredModels:
    return MeteredModels(
        models=BedrockChatModel(client),
        catalog=load_catalog(settings.models),
        ledger=ledger,
        intents="beside",
        guardrail=deployed_guardrail(
            settings.guardrail_id,
            settings.guardrail_version,
            settings.guardrail_stream_mode,
            settings.guardrail_messages,
        ),
        checker=BedrockGuardrailChecker(client),
        new_id=FreshWords(size=16),
    )


def _grounding(settings: Settings, client: BedrockRuntimeClient, ledger: Ledger) -> MeteredGrounding | None:
    if settings.grounding_id == NOT_APPLIED:
        return None
    return MeteredGrounding(
        checker=BedrockGroundingChecker(client),
        guardrail=Guardrail(settings.grounding_id, settings.grounding_version),
        ledger=ledger,
        prices=load_catalog(settings.models).guardrail_prices,
        new_id=FreshWords(size=16),
    )


def _sources(settings: Settings, client: BedrockRuntimeClient, ledger: Ledger) -> DeployedPassageSources:
    items = CollectionItems(
        collections=CollectionLookup(
            DynamoDbCollectionRegistry(aws_clients.dynamodb(), table=settings.collections_table)
        ),
        store=S3VectorsVectorStore(aws_clients.s3_vectors(), bucket_arn=settings.vector_bucket_arn),
        embedding=MeteredEmbeddings(
            embedder=BedrockTextEmbedder(client),
            catalog=load_catalog(settings.embedding_models),
            ledger=ledger,
            intents="beside",
        ),
    )
    return DeployedPassageSources(knowledge_base=_knowledge_base(settings), items=items)


def _knowledge_base(settings: Settings) -> PassageRetriever | None:
    if settings.knowledge_base_id == _NONE:
        return None
    from lambdas.shared.adapters.bedrock_knowledge_base_retriever import BedrockKnowledgeBaseRetriever

    client = aws_clients.bedrock_agent_runtime(attempts=3, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
    return BedrockKnowledgeBaseRetriever(client, knowledge_base_id=settings.knowledge_base_id)


def _reranker(settings: Settings, ledger: Ledger) -> MeteredReranker | None:
    if settings.rag_rerank_model_arn == _NONE:
        return None
    from lambdas.shared.adapters.bedrock_reranker import BedrockReranker
    from lambdas.shared.services.metered_reranker import MeteredReranker

    model_id = settings.rag_rerank_model_arn.rpartition("/")[2]
    client = aws_clients.bedrock_agent_runtime(attempts=2, read_timeout_seconds=_RERANKING_TIMEOUT_SECONDS)
    return MeteredReranker(
        reranker=BedrockReranker(client, model_arn=settings.rag_rerank_model_arn),
        card=ModelCatalog(load_cards(), allowed=[model_id]).resolve(model_id).card,
        ledger=ledger,
        score_floor=settings.rag_rerank_score_floor,
        intents="beside",
        new_id=FreshWords(size=16),
    )
