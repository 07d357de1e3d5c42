"""Assessments as the service writes them: in answers of ApplyGuardrail, traces of Converse and of InvokeModel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from local.bedrock.guardrails.assessment import Assessment
from local.bedrock.guardrails.policy import Policy

UNIT = 1000  # characters of a text unit: https://aws.amazon.com/bedrock/pricing/ (Guardrails)
_REASONS = {"BLOCKED": "Guardrail blocked.", "ANONYMIZED": "Guardrail masked.", "NONE": "No action."}


def assessment_of(assessment: Assessment, policy: Policy) -> dict[str, Any]:
    """One `GuardrailAssessment`; findings that say the same are written once."""
    written: dict[str, Any] = {}
    for finding in assessment.findings:
        entries = written.setdefault(finding.policy, _empty(finding.policy)).setdefault(finding.group, [])
        if finding.written not in entries:
            entries.append(finding.written)
    written["invocationMetrics"] = {
        "guardrailProcessingLatency": assessment.milliseconds,
        "usage": usage_of(assessment, policy),
        "guardrailCoverage": coverage_of(assessment),
    }
    written["appliedGuardrailDetails"] = {
        "guardrailId": policy.guardrail_id,
        "guardrailVersion": policy.version,
        "guardrailArn": policy.arn,
        "guardrailOrigin": ["REQUEST"],
        "guardrailOwnership": "SELF",
    }
    return written


def usage_of(assessment: Assessment, policy: Policy) -> dict[str, int]:
    """Text units of each policy that the guardrail has; expressions are assessed without a charge."""
    units = math.ceil(assessment.guarded / UNIT)

    def of(configured: object) -> int:
        return units if configured else 0

    return {
        "topicPolicyUnits": of(policy.topics),
        "contentPolicyUnits": of(policy.filters),
        "wordPolicyUnits": of(policy.words or policy.profanity),
        "sensitiveInformationPolicyUnits": of(policy.pii),
        "sensitiveInformationPolicyFreeUnits": of(policy.regexes),
        "contextualGroundingPolicyUnits": of(any("contextualGrounding" in each.policy for each in assessment.findings)),
        "contentPolicyImageUnits": 0,
        "automatedReasoningPolicyUnits": 0,
        "automatedReasoningPolicies": 0,
    }


def coverage_of(assessment: Assessment) -> dict[str, Any]:
    """How many characters were assessed, of how many."""
    return {"textCharacters": {"guarded": assessment.guarded, "total": assessment.total}}


def reason_of(*assessments: Assessment) -> str:
    """One line for the input and one for the output, each the strongest action."""
    return "\n".join(_REASONS[assessment.verdict] for assessment in assessments)


def trace_of(
    policy: Policy, incoming: Assessment, outgoing: Sequence[Assessment], model_output: Sequence[str]
) -> dict[str, Any]:
    """The `guardrail` member of Converse's trace; `model_output`: what the model had said where it was changed."""
    strongest = max(outgoing, key=lambda each: ("NONE", "ANONYMIZED", "BLOCKED").index(each.verdict), default=None)
    trace: dict[str, Any] = {
        "inputAssessment": {policy.guardrail_id: assessment_of(incoming, policy)},
        "actionReason": reason_of(incoming, *([strongest] if strongest else [])),
    }
    if outgoing:
        trace["outputAssessments"] = {policy.guardrail_id: [assessment_of(each, policy) for each in outgoing]}
    if model_output:
        trace["modelOutput"] = list(model_output)
    return trace


def _empty(policy: str) -> dict[str, Any]:
    """Both lists of a policy that has two are required members."""
    groups = {
        "wordPolicy": ("customWords", "managedWordLists"),
        "sensitiveInformationPolicy": ("piiEntities", "regexes"),
    }
    return {group: [] for group in groups.get(policy, ())}
