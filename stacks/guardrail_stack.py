"""The content policy: one guardrail and a published version of it for every state of the settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_bedrock as bedrock
from constructs import Construct

from stacks.grounding_guardrail import GroundingGuardrail
from stacks.guardrail_policy import GuardrailPolicy
from stacks.settings import DeploymentSettings

if TYPE_CHECKING:
    from stacks.components.python_function import PythonFunction

_Guardrail = bedrock.CfnGuardrail
# An empty variable would be a missing one.
_NOT_APPLIED = "none"


class GuardrailStack(cdk.Stack):
    """Costs nothing by itself: Bedrock bills the text that a call has assessed."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: DeploymentSettings) -> None:
        super().__init__(scope, construct_id, description="Quarry: the content policy for every model call")
        policy = settings.guardrail
        guardrail = _Guardrail(
            self,
            "Guardrail",
            # CloudFormation demands a name here; the stack's own makes it unique in the account.
            name=f"{construct_id}-policy",
            description="Quarry's content policy; edit it in cdk.json, every deploy publishes a version",
            blocked_input_messaging=policy.blocked_input_message,
            blocked_outputs_messaging=policy.blocked_output_message,
            content_policy_config=_content(policy),
            topic_policy_config=_topics(policy),
            word_policy_config=_words(policy),
            sensitive_information_policy_config=_pii(policy),
        )
        version = bedrock.CfnGuardrailVersion(
            self,
            # A version is a snapshot and is never updated: only a new logical id brings a changed policy into use.
            f"GuardrailVersion{policy.fingerprint}",
            guardrail_identifier=guardrail.attr_guardrail_id,
            description=f"Policy {policy.fingerprint}",
        )
        # Whoever still runs with the old version's number must not lose it in mid-deploy.
        version.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        self._guardrail, self._version, self._policy = guardrail, version, policy
        self._grounding = GroundingGuardrail(self, settings=settings.rag, name=f"{construct_id}-grounding")
        cdk.CfnOutput(self, "GuardrailId", value=guardrail.attr_guardrail_id)
        cdk.CfnOutput(self, "GuardrailVersion", value=version.attr_version)

    def guard(self, function: PythonFunction, *, used: bool = True) -> None:
        """Tell a function that calls models what to ask, and let it; one that does not use it is told so.

        The version comes over under a name that holds the policy's fingerprint: so a changed policy changes the
        template of every stack that uses it, and reaches its functions with the next deployment.
        """
        asked = used and self._policy.is_applied
        messages = [self._policy.blocked_input_message, self._policy.blocked_output_message]
        function.add_environment("GUARDRAIL_ID", self._guardrail.attr_guardrail_id if asked else _NOT_APPLIED)
        function.add_environment("GUARDRAIL_VERSION", self._version.attr_version if asked else _NOT_APPLIED)
        function.add_environment("GUARDRAIL_STREAM_MODE", self._policy.stream_mode)
        function.add_environment("GUARDRAIL_MESSAGES", json.dumps(messages, ensure_ascii=False))
        if asked:
            function.allow("bedrock:ApplyGuardrail", on=[self._guardrail.attr_guardrail_arn])

    def ground(self, function: PythonFunction) -> None:
        """Tell a function that answers from documents what to ask about its answers, and let it."""
        self._grounding.let_ask(function, applied=self._policy.is_applied)


def _content(policy: GuardrailPolicy) -> bedrock.CfnGuardrail.ContentPolicyConfigProperty:
    filters = [
        _Guardrail.ContentFilterConfigProperty(type=kind, input_strength=strength, output_strength=strength)
        for kind, strength in policy.filters
    ]
    # Bedrock looks for prompt attacks in what comes in only, and refuses any other output strength than NONE.
    attack = _Guardrail.ContentFilterConfigProperty(
        type="PROMPT_ATTACK", input_strength=policy.prompt_attack, output_strength="NONE"
    )
    return _Guardrail.ContentPolicyConfigProperty(
        filters_config=[*filters, attack],
        # STANDARD would send text to other regions: https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-tiers.html
        content_filters_tier_config=_Guardrail.ContentFiltersTierConfigProperty(tier_name="CLASSIC"),
    )


def _topics(policy: GuardrailPolicy) -> bedrock.CfnGuardrail.TopicPolicyConfigProperty | None:
    if not policy.denied_topics:
        return None
    return _Guardrail.TopicPolicyConfigProperty(
        topics_config=[
            _Guardrail.TopicConfigProperty(
                name=topic.name, definition=topic.definition, examples=list(topic.examples) or None, type="DENY"
            )
            for topic in policy.denied_topics
        ],
        topics_tier_config=_Guardrail.TopicsTierConfigProperty(tier_name="CLASSIC"),
    )


def _words(policy: GuardrailPolicy) -> bedrock.CfnGuardrail.WordPolicyConfigProperty | None:
    if not policy.words and not policy.profanity:
        return None
    profanity = [_Guardrail.ManagedWordsConfigProperty(type="PROFANITY")]
    return _Guardrail.WordPolicyConfigProperty(
        words_config=[_Guardrail.WordConfigProperty(text=word) for word in policy.words] or None,
        managed_word_lists_config=profanity if policy.profanity else None,
    )


def _pii(policy: GuardrailPolicy) -> bedrock.CfnGuardrail.SensitiveInformationPolicyConfigProperty | None:
    if not policy.pii:
        return None
    return _Guardrail.SensitiveInformationPolicyConfigProperty(
        pii_entities_config=[
            _Guardrail.PiiEntityConfigProperty(type=kind, action=action) for kind, action in policy.pii
        ]
    )
