"""An answer's contextual grounding check by a Bedrock guardrail, apart from the model's call (ApplyGuardrail).

https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-contextual-grounding-check.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.bedrock_errors import model_error
from lambdas.shared.adapters.bedrock_guardrail_report import report_from_assessments, units_from
from lambdas.shared.domain.guardrail import BLOCKED, Guardrail, GuardrailReport, Intervention
from lambdas.shared.domain.rag.grounding import GroundingQuestion

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

_INTERVENED = "GUARDRAIL_INTERVENED"
_UNNAMED = Intervention("contextual_grounding", "UNKNOWN", BLOCKED, "output")


class BedrockGroundingChecker:
    """Speaks to whatever `client` is connected to; its retries are the client's."""

    def __init__(self, client: BedrockRuntimeClient) -> None:
        self._client = client

    def check(self, question: GroundingQuestion, *, guardrail: Guardrail) -> GuardrailReport:
        """See `GroundingChecker`."""
        content: Any = [
            *(_block(source, "grounding_source") for source in question.sources),
            _block(question.query, "query"),
            _block(question.answer, "guard_content"),
        ]
        try:
            answer: Any = self._client.apply_guardrail(
                guardrailIdentifier=guardrail.id, guardrailVersion=guardrail.version, source="OUTPUT", content=content
            )
        except (ClientError, BotoCoreError) as error:
            raise model_error(error, f"guardrail {guardrail.id}") from error
        report = report_from_assessments(answer["assessments"], "output")._replace(units=units_from(answer["usage"]))
        if answer["action"] == _INTERVENED and not report.interventions:  # it objects without saying to what
            return report._replace(interventions=(_UNNAMED,))
        return report


def _block(text: str, qualifier: str) -> dict[str, Any]:
    return {"text": {"text": text, "qualifiers": [qualifier]}}
