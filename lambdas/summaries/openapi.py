"""The operation that summarizes a text now, for the OpenAPI document."""

from __future__ import annotations

from lambdas.shared.domain import errors
from lambdas.shared.runtime.operation import Operation
from lambdas.summaries.text_schema import SummaryAnswer, TextBody

_TEXT = (
    "The heronry on the lower Sallow grew from 41 to 57 occupied nests in its third season. A storm on the night of "
    "18 April brought down four alders and eleven nests with them. Nine of those pairs did not breed again."
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/summaries",
        tag="documents",
        handler="summaries/text",
        name="summarizeText",
        summary="A text's summary now",
        description="The same prompts and checks as for a dropped document. A long text is read in sections.",
        scope="documents",
        body=TextBody,
        body_example={"text": _TEXT, "style": "brief"},
        answer=SummaryAnswer,
        answer_example={
            "title": "Grey herons on the lower Sallow",
            "summary": "The heronry on the lower Sallow grew from 41 to 57 occupied nests in its third season.",
            "key_points": ["Nine of those pairs did not breed again."],
            "topics": ["occupied nests", "storm"],
            "language": "en",
            "model": "us.amazon.nova-lite-v1:0",
            "prompt_version": "summarize_brief.v1",
            "sections": 1,
            "calls": 1,
            "usage": {"input_tokens": 612, "output_tokens": 140},
            "cost_usd": 0.00047012,
        },
        idempotent=True,
        errors=(
            errors.UnknownModelError,
            errors.TooLargeError,
            errors.ContextTooLongError,
            errors.BlockedByGuardrailError,
            errors.InvalidAnswerError,
            errors.ModelError,
            errors.ModelThrottledError,
            errors.ModelUnavailableError,
            errors.ModelNotEnabledError,
            errors.ModelRefusedRequestError,
        ),
    ),
)
