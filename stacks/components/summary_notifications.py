"""Tells people and programs that a document has ended: by e-mail, and by a call of a web address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.security_rules import acknowledge
from stacks.notification_settings import NotificationSettings

# The key is the operator's to set (`python -m ops webhook-key`): a template is read by too many.
PLACEHOLDER = "set-me-with-ops-webhook-key"
_CALLS_PER_SECOND = 10
# What EventBridge does at most: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
_RETRIES: Mapping[str, Any] = {"max_event_age": cdk.Duration.hours(24), "retry_attempts": 185}


class SummaryNotifications(Construct):
    """Made only where the settings name a receiver. Nothing in here costs anything while no document ends."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: NotificationSettings, inbox: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self._inbox = inbox
        self._undelivered = self._dead_letters()
        if settings.email:
            self._send_mail(settings.email)
        if settings.webhook_url:
            self._call(settings.webhook_url, settings.webhook_header)

    def _dead_letters(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "DeadLetters",
            retention_period=cdk.Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(queue, "SQS3", reason="this is the dead-letter queue of the rules beside it")
        cdk.CfnOutput(cdk.Stack.of(self), "NotificationsDeadLetterQueueUrl", value=queue.queue_url)
        return queue

    def _send_mail(self, addresses: tuple[str, ...]) -> None:
        topic = sns.Topic(self, "Mail", enforce_ssl=True)
        resource = topic.node.default_child
        if not isinstance(resource, sns.CfnTopic):
            raise TypeError(f"{topic.node.path} is no longer made of one CfnTopic")
        # Under AWS's own key a service may not publish, but a role of this account may, by the key's own policy; a key
        # of ours, which could let the service in, is $1 a month.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        resource.kms_master_key_id = "alias/aws/sns"
        for address in addresses:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        for kind, message in _MAILS.items():
            rule = self._rule(f"Mail{kind.replace(' ', '')}", kind)
            text = events.RuleTargetInput.from_multiline_text(message)
            target = targets.SnsTopic(
                topic, message=text, authorize_using_role=True, dead_letter_queue=self._undelivered, **_RETRIES
            )
            rule.add_target(target)

    def _call(self, url: str, header: str) -> None:
        secret = cdk.SecretValue.unsafe_plain_text(PLACEHOLDER)
        connection = events.Connection(
            self, "WebhookConnection", authorization=events.Authorization.api_key(header, secret)
        )
        destination = events.ApiDestination(
            self,
            "Webhook",
            connection=connection,
            endpoint=url,
            http_method=events.HttpMethod.POST,
            rate_limit_per_second=_CALLS_PER_SECOND,
        )
        rule = self._rule("WebhookCall", *_MAILS)
        rule.add_target(targets.ApiDestination(destination, dead_letter_queue=self._undelivered, **_RETRIES))
        cdk.CfnOutput(cdk.Stack.of(self), "WebhookConnectionName", value=connection.connection_name)

    def _rule(self, name: str, *kinds: str) -> events.Rule:
        """Of this deployment alone: others of the account put their events on the same bus."""
        return events.Rule(
            self,
            name,
            description="A document of this deployment has ended",
            event_pattern=events.EventPattern(
                source=["quarry"], detail_type=list(kinds), detail={"bucket": [self._inbox.bucket_name]}
            ),
        )


def _field(name: str) -> str:
    return events.EventField.from_path(f"$.detail.{name}")


_MAILS = {
    "Summary Ready": "\n".join(
        (
            f"A summary is ready: {_field('key')}",
            f"It is {_field('markdown_key')} in the results bucket.",
            f"Document {_field('document_id')} of tenant {_field('tenant')}.",
        )
    ),
    "Summary Failed": "\n".join(
        (
            f"A document could not be summarized: {_field('key')}",
            f"{_field('code')}: {_field('detail')}",
            f"Document {_field('document_id')} of tenant {_field('tenant')}.",
        )
    ),
}
