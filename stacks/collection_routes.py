"""The API's routes for collections, and their two functions: one embeds, the other one never calls a model."""

from __future__ import annotations

from stacks.components.api_routes import ApiRoutes
from stacks.components.model_access import INVOKE, model_access
from stacks.components.python_function import PythonFunction
from stacks.components.security_rules import acknowledge_wildcard
from stacks.document_routes import MakeFunction
from stacks.settings import DeploymentSettings
from stacks.storage_stack import StorageStack

_ONE = "/collections/{name}"


def add_collection_routes(
    routes: ApiRoutes, make: MakeFunction, storage: StorageStack, settings: DeploymentSettings
) -> None:
    """Both reach every index: which of them is a caller's stands in the table, under the caller's tenant."""
    _manage(routes, make, storage, settings)
    _embed(routes, make, storage, settings)


def _manage(routes: ApiRoutes, make: MakeFunction, storage: StorageStack, settings: DeploymentSettings) -> None:
    manage = make(
        "collections/manage",
        memory_mb=512,
        timeout_seconds=29,
        environment={
            **_places(storage, settings),
            "COLLECTIONS_PER_TENANT": str(settings.collections_per_tenant),
        },
    )
    # A transaction needs the permissions of what it holds.
    manage.allow(
        "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
        on=[storage.collections.table_arn],
    )  # fmt: skip
    # Metadata is part of what GetVectors permits, whichever operation shows it.
    _allow_indexes(manage, storage, "CreateIndex", "DeleteIndex", "ListVectors", "GetVectors", "DeleteVectors")
    routes.serve(
        manage,
        "GET /collections",
        *(f"{method} {_ONE}" for method in ("PUT", "GET", "DELETE")),
        *(f"{method} {_ONE}/items" for method in ("GET", "DELETE")),
        calls_model=False,
    )


def _embed(routes: ApiRoutes, make: MakeFunction, storage: StorageStack, settings: DeploymentSettings) -> None:
    embed = make(
        "collections/embed",
        memory_mb=1769,  # one whole CPU: a request holds up to 500 vectors
        timeout_seconds=300,
        environment={
            **_places(storage, settings),
            "LEDGER_TABLE": storage.ledger.table_name,
            "LEDGER_DAYS": str(settings.ledger_days),
            "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
        },
    )
    embed.allow("dynamodb:GetItem", on=[storage.collections.table_arn])
    embed.allow("dynamodb:PutItem", on=[storage.ledger.table_arn])
    embed.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])
    _allow_indexes(embed, storage, "PutVectors", "QueryVectors", "GetVectors")
    for statement in model_access(embed, model_ids=settings.embedding_models.ids, actions=[INVOKE]):
        embed.add_to_role_policy(statement)
    routes.serve(embed, f"PUT {_ONE}/items", f"POST {_ONE}/search", f"POST {_ONE}/classify", calls_model=True)


def _places(storage: StorageStack, settings: DeploymentSettings) -> dict[str, str]:
    return {
        "COLLECTIONS_TABLE": storage.collections.table_name,
        "VECTOR_BUCKET_ARN": storage.vectors.attr_vector_bucket_arn,
        "EMBEDDING_MODELS": settings.embedding_models.as_json(),
    }


def _allow_indexes(function: PythonFunction, storage: StorageStack, *operations: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3vectors.html"""
    indexes = f"{storage.vectors.attr_vector_bucket_arn}/index/*"
    function.allow(*(f"s3vectors:{operation}" for operation in operations), on=[indexes])
    if function.role is not None:
        reason = "indexes are made when callers make collections; all of this bucket's are collections"
        acknowledge_wildcard(function.role, indexes, reason=reason)
