"""ApplyGuardrail: texts assessed without a model call."""

from __future__ import annotations

from typing import Any

from local.bedrock.errors import ValidationError
from local.bedrock.guardrails.assessment import Assessment, Assessor
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.guardrails.guarded_content import grounds_in
from local.bedrock.guardrails.topic_check import Embed
from local.bedrock.guardrails.trace import assessment_of, coverage_of, reason_of, usage_of
from local.bedrock.request_shape import operation, read_json, read_parameters
from local.bedrock.response_shape import HttpAnswer, write_result


class ApplyApi:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html"""

    def __init__(self, guardrails: GuardrailDirectory, embed: Embed) -> None:
        self._guardrails = guardrails
        self._embed = embed

    def apply(self, identifier: str, version: str, body: bytes) -> HttpAnswer:
        """`outputs` are the blocked message, or each text with its masks, or nothing where nothing was done."""
        model = operation("bedrock-runtime", "ApplyGuardrail")
        path = {"guardrailIdentifier": identifier, "guardrailVersion": version}
        given = read_parameters(model, {**read_json(body), **path})
        assessor = Assessor(self._guardrails.policy(identifier, version), self._embed)
        blocks = [block["text"] for block in given["content"] if "text" in block]
        if not blocks:
            raise ValidationError("The content of the request holds no text; the local Bedrock reads no images.")
        grounds = grounds_in(blocks)
        only_grounds = {"grounding_source", "query"}
        texts = [each["text"] for each in blocks if not only_grounds & set(each.get("qualifiers") or ())]
        found = assessor.assess(
            given["source"],
            texts or [each["text"] for each in blocks],
            total=sum(len(each["text"]) for each in blocks),
            grounds=grounds,
            everything=given.get("outputScope") == "FULL",
        )
        return write_result(model, self._result(found, assessor, given["source"]), {})

    def _result(self, found: Assessment, assessor: Assessor, source: str) -> dict[str, Any]:
        policy = assessor.policy
        message = policy.blocked_input if source == "INPUT" else policy.blocked_output
        outputs = {"BLOCKED": (message,), "ANONYMIZED": found.texts, "NONE": ()}[found.verdict]
        return {
            "usage": usage_of(found, policy),
            "action": "NONE" if found.verdict == "NONE" else "GUARDRAIL_INTERVENED",
            "actionReason": reason_of(found),
            "outputs": [{"text": text} for text in outputs],
            "assessments": [assessment_of(found, policy)],
            "guardrailCoverage": coverage_of(found),
        }
