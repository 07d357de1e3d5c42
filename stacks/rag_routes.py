"""The API's routes for questions to the documents, and their function."""

from __future__ import annotations

import aws_cdk as cdk

from stacks.components.api_routes import ApiRoutes
from stacks.components.long_messages import let_take_turns
from stacks.components.model_access import INVOKE, INVOKE_STREAMED, foundation_model, model_access
from stacks.components.python_function import PythonFunction
from stacks.components.security_rules import acknowledge, acknowledge_wildcard
from stacks.document_routes import MakeFunction
from stacks.guardrail_stack import GuardrailStack
from stacks.knowledge_stack import KnowledgeStack
from stacks.settings import DeploymentSettings
from stacks.storage_stack import StorageStack

# What stands for the id where the deployment has no Knowledge Base: an empty variable would be a missing one.
_NONE = "none"


def add_rag_routes(
    routes: ApiRoutes,
    make: MakeFunction,
    storage: StorageStack,
    settings: DeploymentSettings,
    guardrail: GuardrailStack,
    knowledge: KnowledgeStack | None,
) -> None:
    """One function, since each of the routes calls a model; it reads the Knowledge Base, collections and its own
    conversations, and writes into none of the first two."""
    rag = make(
        "rag/answer",
        memory_mb=1024,
        timeout_seconds=300,
        environment={**_places(storage), **_choices(settings)},
    )
    _let_keep_conversations(rag, storage)
    _let_read(rag, storage)
    if knowledge is None:
        rag.add_environment("KNOWLEDGE_BASE_ID", _NONE)
    else:
        knowledge.let_retrieve(rag)
    guardrail.guard(rag)
    guardrail.ground(rag)
    for statement in model_access(rag, model_ids=settings.models.ids, actions=[INVOKE, INVOKE_STREAMED]):
        rag.add_to_role_policy(statement)
    for statement in model_access(rag, model_ids=settings.embedding_models.ids, actions=[INVOKE]):
        rag.add_to_role_policy(statement)
    _let_rerank(rag, settings)
    routes.serve(rag, "POST /rag", "POST /rag/stream", "POST /rag/passages", calls_model=True)


def _places(storage: StorageStack) -> dict[str, str]:
    return {
        "CONVERSATIONS_TABLE": storage.conversations.table_name,
        "LEDGER_TABLE": storage.ledger.table_name,
        "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
        "RESULTS_BUCKET": storage.results.bucket_name,
        "COLLECTIONS_TABLE": storage.collections.table_name,
        "VECTOR_BUCKET_ARN": storage.vectors.attr_vector_bucket_arn,
    }


def _choices(settings: DeploymentSettings) -> dict[str, str]:
    rag = settings.rag
    return {
        "MODELS": settings.models.as_json(),
        "EMBEDDING_MODELS": settings.embedding_models.as_json(),
        "RAG_MODEL": rag.model,
        "RAG_TOP_K": str(rag.top_k),
        "RAG_SCORE_FLOOR": str(rag.score_floor),
        "RAG_QUERY_REWRITING": rag.query_rewriting,
        "RAG_REWRITING_MODEL": rag.rewriting_model,
        "RAG_RERANK_SCORE_FLOOR": str(rag.rerank_score_floor),
        "CONVERSATION_DAYS": str(settings.conversation_days),
        "LEDGER_DAYS": str(settings.ledger_days),
    }


def _let_rerank(rag: PythonFunction, settings: DeploymentSettings) -> None:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-prereq.html: Rerank asks the model in its caller's
    name, so that the models are named by InvokeModel; bedrock:Rerank itself is an action without a resource."""
    if not settings.rag.reranks:
        rag.add_environment("RAG_RERANK_MODEL_ARN", _NONE)
        return
    arn = foundation_model(cdk.Stack.of(rag), settings.rag.rerank_model)
    rag.add_environment("RAG_RERANK_MODEL_ARN", arn)
    rag.allow("bedrock:Rerank", on=["*"])
    rag.allow(INVOKE, on=[arn])
    if rag.role is not None:
        acknowledge(rag.role, "IAM5[Resource::*]", reason="bedrock:Rerank takes no ARN; InvokeModel names the model")


def _let_keep_conversations(rag: PythonFunction, storage: StorageStack) -> None:
    # A transaction needs the permissions of what it holds; DeleteItem takes back a conversation that never began.
    rag.allow(
        "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
        on=[storage.conversations.table_arn],
    )  # fmt: skip
    let_take_turns(rag, storage.results)
    rag.allow("dynamodb:PutItem", on=[storage.ledger.table_arn])
    rag.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])


def _let_read(rag: PythonFunction, storage: StorageStack) -> None:
    rag.allow("dynamodb:GetItem", on=[storage.collections.table_arn])
    # QueryVectors with metadata or a filter needs GetVectors too.
    indexes = f"{storage.vectors.attr_vector_bucket_arn}/index/*"
    rag.allow("s3vectors:QueryVectors", "s3vectors:GetVectors", on=[indexes])
    if rag.role is not None:
        acknowledge_wildcard(rag.role, indexes, reason="callers make collections, so indexes have no names here")
