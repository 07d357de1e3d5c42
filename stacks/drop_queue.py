"""From a dropped document to its queue: a rule for S3's events, and the queue that keeps what nobody takes yet."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs

from stacks.storage_stack import StorageStack

# With three minutes between two of them: an outage of an hour is waited out, and does not end in the dead letters.
_ATTEMPTS = 21


class DropQueue:
    """Makes both in `stack`; `consumer_seconds` is the timeout of the function that takes from the queue, `prefix` the
    folder that is watched, `name` and `rule` those of the constructs."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        storage: StorageStack,
        consumer_seconds: int,
        name: str,
        rule: str,
        prefix: str,
        dead_letters: sqs.Queue,
    ) -> None:
        self.queue = sqs.Queue(
            stack,
            f"{name}Queue",
            # six times the function's timeout: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            visibility_timeout=cdk.Duration.seconds(6 * consumer_seconds),
            # shorter than the dead letters' 14 days: a message's age goes with it
            retention_period=cdk.Duration.days(7),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=_ATTEMPTS),
        )
        self._watch(stack, storage, rule=rule, prefix=prefix, dead_letters=dead_letters)

    def _watch(
        self, stack: cdk.Stack, storage: StorageStack, *, rule: str, prefix: str, dead_letters: sqs.Queue
    ) -> None:
        # By its ARN: the storage stack has already allowed EventBridge to write into it.
        undelivered = sqs.Queue.from_queue_arn(stack, "Undelivered", dead_letters.queue_arn)
        events.Rule(
            stack,
            rule,
            description=f"A document was dropped into {prefix}, or deleted from it",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created", "Object Deleted"],
                detail={
                    "bucket": {"name": [storage.documents.bucket_name]},
                    "object": {"key": [{"prefix": prefix}]},
                },
            ),
            targets=[targets.SqsQueue(self.queue, dead_letter_queue=undelivered)],
        )
