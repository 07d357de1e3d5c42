"""The contextual grounding check: a guardrail of its own, so that it bills an answer's grounding and nothing else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_bedrock as bedrock
from constructs import Construct

from stacks.rag_settings import RagSettings

if TYPE_CHECKING:
    from stacks.components.python_function import PythonFunction

_Guardrail = bedrock.CfnGuardrail
# An empty variable would be a missing one.
_NOT_APPLIED = "none"
_MESSAGE = "This was not found in the documents."


class GroundingGuardrail:
    """In the content policy's guardrail it would assess, and bill, each answer's words a second time; and a guardrail
    with this policy wants sources in every call."""

    def __init__(self, scope: Construct, *, settings: RagSettings, name: str) -> None:
        self._is_on = settings.grounding_check == "on"
        filters = [
            _Guardrail.ContextualGroundingFilterConfigProperty(type=kind, threshold=threshold)
            for kind, threshold in (
                ("GROUNDING", settings.grounding_threshold),
                ("RELEVANCE", settings.relevance_threshold),
            )
        ]
        self._guardrail = _Guardrail(
            scope,
            "Grounding",
            name=name,
            description="Quarry's check that an answer rests on its passages; its thresholds are in cdk.json",
            blocked_input_messaging=_MESSAGE,
            blocked_outputs_messaging=_MESSAGE,
            contextual_grounding_policy_config=_Guardrail.ContextualGroundingPolicyConfigProperty(
                filters_config=filters
            ),
        )
        thresholds = f"{settings.grounding_threshold} {settings.relevance_threshold}"
        # A version is a snapshot and is never updated: only a new logical id brings changed thresholds into use.
        fingerprint = hashlib.sha256(thresholds.encode()).hexdigest()[:12]
        self._version = bedrock.CfnGuardrailVersion(
            scope,
            f"GroundingVersion{fingerprint}",
            guardrail_identifier=self._guardrail.attr_guardrail_id,
            description=f"Thresholds {fingerprint}",
        )
        self._version.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    def let_ask(self, function: PythonFunction, *, applied: bool) -> None:
        """`applied`: whether the deployment applies guardrails at all."""
        asked = applied and self._is_on
        function.add_environment("GROUNDING_ID", self._guardrail.attr_guardrail_id if asked else _NOT_APPLIED)
        function.add_environment("GROUNDING_VERSION", self._version.attr_version if asked else _NOT_APPLIED)
        if asked:
            function.allow("bedrock:ApplyGuardrail", on=[self._guardrail.attr_guardrail_arn])
