"""A text's check by a Bedrock guardrail alone, without a model's call (ApplyGuardrail)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.bedrock_errors import model_error
from lambdas.shared.adapters.bedrock_guardrail_report import report_from_assessments, units_from
from lambdas.shared.domain.guardrail import BLOCKED, CheckedText, Guardrail, GuardrailReport, Intervention, Source

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

_INTERVENED = "GUARDRAIL_INTERVENED"


class BedrockGuardrailChecker:
    """Speaks to whatever `client` is connected to; its retries are the client's."""

    def __init__(self, client: BedrockRuntimeClient) -> None:
        self._client = client

    def check(self, text: str, *, guardrail: Guardrail, source: Source) -> CheckedText:
        """See `GuardrailChecker`."""
        try:
            answer: Any = self._client.apply_guardrail(
                guardrailIdentifier=guardrail.id,
                guardrailVersion=guardrail.version,
                source="INPUT" if source == "input" else "OUTPUT",
                content=[{"text": {"text": text}}],
            )
        except (ClientError, BotoCoreError) as error:
            raise model_error(error, f"guardrail {guardrail.id}") from error
        report = report_from_assessments(answer["assessments"], source)
        report = report._replace(units=units_from(answer["usage"]))
        if answer["action"] != _INTERVENED:
            return CheckedText(text, report)
        if not report.interventions:  # it objects without saying to what: nothing is let through
            unnamed = Intervention("other", "UNKNOWN", BLOCKED, source)
            return CheckedText("", GuardrailReport((unnamed,), report.units))
        return CheckedText("".join(output["text"] for output in answer["outputs"]), report)
