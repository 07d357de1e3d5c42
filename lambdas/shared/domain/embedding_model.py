"""Which model embeds, and how long its vectors are."""

from __future__ import annotations

from lambdas.shared.domain.errors import FieldError, InvalidInputError, UnknownModelError
from lambdas.shared.domain.model_catalog import ModelCatalog, ResolvedModel

EMBEDDING = "embedding"  # the alias of the deployment's default


def embedding_model(catalog: ModelCatalog, name: str = EMBEDDING) -> ResolvedModel:
    """What `name` (alias, model id, profile id or ARN) stands for. Raises UnknownModelError, also for a model that does
    not embed."""
    resolved = catalog.resolve(name)
    if resolved.card.kind != "embedding" or resolved.card.embedding_format is None:
        raise UnknownModelError(f"{resolved.model_id} is no model that texts are embedded with here")
    return resolved


def vector_length(resolved: ResolvedModel, wanted: int | None = None) -> int:
    """How long the model's vectors are, if `wanted` are asked for. Raises InvalidInputError for a length that it does
    not make."""
    card = resolved.card
    if wanted is not None and wanted not in card.dimensions:
        lengths = ", ".join(map(str, sorted(card.dimensions)))
        detail = f"{card.id} makes vectors of these dimensions: {lengths}"
        raise InvalidInputError(f"/dimensions: {detail}.", errors=(FieldError("/dimensions", detail),))
    return wanted or card.dimensions[0]
