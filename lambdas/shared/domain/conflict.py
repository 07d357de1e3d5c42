"""What all refusals have in common that depend on the state of things, not on the request."""

from __future__ import annotations

from lambdas.shared.domain.errors import QuarryError


class ConflictError(QuarryError):
    """What is asked does not go together with what is there; the message says what does."""

    code = "conflict"
