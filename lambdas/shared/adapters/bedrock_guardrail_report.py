"""Bedrock's guardrail assessments and traces in the words of the domain; texts that were found are left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lambdas.shared.domain.guardrail import GuardrailReport, GuardrailUnits, Intervention, Source

# Where a finding's name stands. A custom word is its own name, and a match is what somebody wrote: neither is read.
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailAssessment.html
_FINDINGS = (
    ("topicPolicy", "topics", "topic", "name"),
    ("contentPolicy", "filters", "content", "type"),
    ("wordPolicy", "customWords", "word", None),
    ("wordPolicy", "managedWordLists", "word", "type"),
    ("sensitiveInformationPolicy", "piiEntities", "sensitive_information", "type"),
    ("sensitiveInformationPolicy", "regexes", "sensitive_information", "name"),
    ("contextualGroundingPolicy", "filters", "contextual_grounding", "type"),
)
_CUSTOM_WORD = "CUSTOM_WORD"
_ACTIONS = ("BLOCKED", "ANONYMIZED")  # NONE = found and let pass
_UNITS = {
    "content": "contentPolicyUnits",
    "topic": "topicPolicyUnits",
    "sensitive_information": "sensitiveInformationPolicyUnits",
    "contextual_grounding": "contextualGroundingPolicyUnits",
    "content_image": "contentPolicyImageUnits",
}


def report_from_trace(trace: Mapping[str, Any] | None) -> GuardrailReport | None:
    """The report in Converse's `trace`; None without one. The model's own output, which stands there too, is not read.
    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html"""
    guardrail = (trace or {}).get("guardrail")
    if guardrail is None:
        return None
    inputs = list(guardrail.get("inputAssessment", {}).values())
    outputs = [each for several in guardrail.get("outputAssessments", {}).values() for each in several]
    before, after = report_from_assessments(inputs, "input"), report_from_assessments(outputs, "output")
    return GuardrailReport(before.interventions + after.interventions, before.units.plus(after.units))


def report_from_assessments(assessments: Iterable[Mapping[str, Any]], source: Source) -> GuardrailReport:
    """Each intervention once, however often it was found; units are added up."""
    found: dict[Intervention, None] = {}
    units = GuardrailUnits()
    for assessment in assessments:
        found.update(dict.fromkeys(_interventions(assessment, source)))
        units = units.plus(units_from(assessment.get("invocationMetrics", {}).get("usage", {})))
    return GuardrailReport(tuple(found), units)


def units_from(usage: Mapping[str, int]) -> GuardrailUnits:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailUsage.html"""
    return GuardrailUnits(**{ours: usage.get(theirs, 0) for ours, theirs in _UNITS.items()})


def _interventions(assessment: Mapping[str, Any], source: Source) -> Iterator[Intervention]:
    for policy, kind, ours, naming in _FINDINGS:
        for finding in assessment.get(policy, {}).get(kind, ()):
            if finding.get("action") in _ACTIONS:
                name = str(finding.get(naming, "")) if naming else _CUSTOM_WORD
                yield Intervention(ours, name, finding["action"], source)
