"""The API's routes for embeddings, and their functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aws_cdk import aws_lambda as lambda_

from stacks.components.api_routes import ApiRoutes
from stacks.components.model_access import INVOKE, model_access
from stacks.components.python_function import PythonFunction
from stacks.settings import DeploymentSettings
from stacks.storage_stack import StorageStack

# A whole processor: thousands of vectors are parsed, compared and written.
_WHOLE_CPU = 1769


class MakeFunction(Protocol):
    """Makes a function of the API's stack; `layers` come on top of the core layer."""

    def __call__(
        self,
        handler: str,
        *,
        memory_mb: int,
        timeout_seconds: int,
        environment: dict[str, str],
        layers: Sequence[lambda_.ILayerVersion],
    ) -> PythonFunction: ...


def add_embedding_routes(
    routes: ApiRoutes,
    make: MakeFunction,
    storage: StorageStack,
    settings: DeploymentSettings,
    *,
    vectors: lambda_.ILayerVersion,
    clustering: lambda_.ILayerVersion,
) -> None:
    """`vectors`: the layer that has numpy; `clustering`: what scikit-learn is besides."""
    embed = _embedding_function("embeddings/embed", make, storage, settings, [vectors])
    paths = ("/embeddings", "/embeddings/similarity", "/embeddings/search", "/embeddings/classify")
    routes.serve(embed, *(f"POST {path}" for path in paths), calls_model=True)
    cluster = _embedding_function("embeddings/cluster", make, storage, settings, [vectors, clustering])
    routes.serve(cluster, "POST /embeddings/cluster", calls_model=True)


def _embedding_function(
    handler: str,
    make: MakeFunction,
    storage: StorageStack,
    settings: DeploymentSettings,
    layers: Sequence[lambda_.ILayerVersion],
) -> PythonFunction:
    function = make(
        handler,
        memory_mb=_WHOLE_CPU,
        timeout_seconds=300,
        environment={
            "LEDGER_TABLE": storage.ledger.table_name,
            "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
            "EMBEDDING_MODELS": settings.embedding_models.as_json(),
            "LEDGER_DAYS": str(settings.ledger_days),
        },
        layers=layers,
    )
    function.allow("dynamodb:PutItem", on=[storage.ledger.table_arn])
    function.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])
    for statement in model_access(function, model_ids=settings.embedding_models.ids, actions=[INVOKE]):
        function.add_to_role_policy(statement)
    return function
