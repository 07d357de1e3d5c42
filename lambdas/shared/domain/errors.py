"""What can go wrong, in the words of the domain; HTTP statuses and workflow retries are derived from these classes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lambdas.shared.domain.guardrail import Intervention


class QuarryError(Exception):
    """Anything that Quarry itself refuses or fails to do. `code` is stable and machine-readable. `paid_tokens`: what a
    model was paid for before it went wrong, where a call is made of several requests."""

    code = "internal_error"
    paid_tokens = 0


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: `pointer` is an RFC 6901 JSON pointer into the request body, `detail` says the remedy."""

    pointer: str
    detail: str


class InvalidInputError(QuarryError):
    """The request cannot be understood or breaks a rule; the caller must change it."""

    code = "invalid_request"

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.errors = errors


class UnknownModelError(InvalidInputError):
    """The named model is no alias, no catalogue id, or is not allowed in this deployment."""

    code = "unknown_model"


class MissingScopeError(QuarryError):
    """The key is valid but may not do this."""

    code = "missing_scope"


class NotFoundError(QuarryError):
    """It does not exist, or it belongs to somebody else: callers cannot tell which."""

    code = "not_found"


class ConflictError(QuarryError):
    """What is asked does not go together with what is there; the message says what does."""

    code = "conflict"


class TooManyCollectionsError(ConflictError):
    """As many collections as there may be."""

    code = "too_many_collections"


class StoreUnavailableError(QuarryError):
    """Where data is kept does not answer or asks to slow down; the same call may succeed a little later."""

    code = "store_unavailable"


class ConversationBusyError(QuarryError):
    """Another turn of this conversation holds the lease."""

    code = "conversation_busy"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class IdempotencyKeyReusedError(QuarryError):
    """The `Idempotency-Key` belongs to another request of this caller on this route."""

    code = "idempotency_key_reused"


class IdempotencyInProgressError(QuarryError):
    """The first request with this `Idempotency-Key` still runs."""

    code = "idempotency_in_progress"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class IdempotencyAnswerLostError(QuarryError):
    """The first request with this `Idempotency-Key` is done and paid for; its answer was too large to be kept."""

    code = "idempotency_answer_lost"


class TooLargeError(QuarryError):
    """The input is beyond a documented ceiling; nothing was paid for."""

    code = "too_large"


class ContextTooLongError(TooLargeError):
    """The request does not fit into the model's context window."""

    code = "context_too_long"


class TextTooLongError(TooLargeError):
    """One of several texts does not fit into the model; `index` counts them from 0."""

    code = "text_too_long"

    def __init__(self, detail: str, *, index: int, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.index = index
        self.errors = errors


class ModelError(QuarryError):
    """A call to a model failed."""

    code = "model_error"


class ModelThrottledError(ModelError):
    """The provider asks to slow down; the same call may succeed later."""

    code = "model_throttled"


class ModelUnavailableError(ModelError):
    """The provider or the model does not answer right now; the same call may succeed later."""

    code = "model_unavailable"


class ModelNotEnabledError(ModelError):
    """The account may not use this model yet (use-case form, Marketplace subscription, region, IAM)."""

    code = "model_not_enabled"


class ModelRefusedRequestError(ModelError):
    """The provider rejected the request as invalid: a defect in our fitting or in the capability table."""

    code = "model_refused_request"


class ModelStreamInterruptedError(ModelError):
    """The answer's stream broke after it had begun; what had arrived is not lost."""

    code = "model_stream_interrupted"


class LedgerUnavailableError(QuarryError):
    """The intent of a model call could not be written, so the model was not asked; the same call may succeed later."""

    code = "ledger_unavailable"


class BlockedByGuardrailError(QuarryError):
    """The content policy refused the request or the answer. What the call cost is on the ledger, and here for whoever
    adds up: None = not known."""

    code = "blocked_by_guardrail"

    def __init__(self, detail: str, *, interventions: tuple[Intervention, ...] = ()) -> None:
        super().__init__(detail)
        self.interventions = interventions
        self.cost_usd: Decimal | None = None
        self.guardrail_usd: Decimal | None = None


class DocumentNotFailedError(QuarryError):
    """Only what has failed can be tried again."""

    code = "document_not_failed"


class KnowledgeDocumentError(ConflictError):
    """A document of the Knowledge Base has no summary that could be tried again."""

    code = "knowledge_document"


class DocumentGoneError(QuarryError):
    """The dropped object is not there any more."""

    code = "document_gone"


class UnreadableDocumentError(QuarryError):
    """The document has no text that can be read: empty, encrypted, damaged, or of a kind not supported."""

    code = "unreadable_document"

    def __init__(self, detail: str, *, code: str = "unreadable_document") -> None:
        super().__init__(detail)
        self.code = code


class InvalidAnswerError(QuarryError):
    """The model's answer is not what the prompt asked for (no valid JSON, or cut at max_tokens)."""

    code = "invalid_answer"


class SupersededError(QuarryError):
    """A newer version of the document has taken over; this run ends without a result."""

    code = "superseded"
