"""Everything that outlives a deployment: tables, buckets and the dead letters."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3vectors as s3vectors
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.log_group import log_group
from stacks.components.long_messages import long_message_expiry
from stacks.components.security_rules import acknowledge
from stacks.settings import DeploymentSettings

INBOX = "inbox/"
KNOWLEDGE = "knowledge/"
WORK = "work/"
SUMMARIES = "summaries/"
BULK = "bulk/"
RESULTS = "results/"


class StorageStack(cdk.Stack):
    """Stateful resources; nothing in here costs anything while it is empty."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: DeploymentSettings) -> None:
        super().__init__(scope, construct_id, description="Quarry: tables, buckets, dead letters")
        self._settings = settings
        self.conversations = self._table("Conversations", sort_key="sk", expires=True)
        self.clients = self._table("Clients", sort_key=None, expires=False)
        self.ledger = self._table("Ledger", sort_key="sk", expires=True)
        # Answers that are replayed for a day: nothing to restore, and backups would keep their text for five weeks.
        self.idempotency = self._table("Idempotency", sort_key=None, expires=True, restorable=False)
        acknowledge(self.idempotency, "DDB3", reason="it holds copies for a day, which must not outlive it in a backup")
        # Who works right now: an hour later nothing of it means anything.
        self.slots = self._table("Slots", sort_key="sk", expires=True, restorable=False)
        acknowledge(self.slots, "DDB3", reason="it holds leases of minutes; there is nothing to restore")
        self.documents_table = self._documents_table()
        self.bulk = self._table("Bulk", sort_key="sk", expires=False)
        self.collections = self._table("Collections", sort_key="sk", expires=False)
        self.vectors = self._vector_bucket()
        self.documents = self._bucket(
            "DocumentsBucket", lifecycle_rules=[_housekeeping()], cors=_uploads_from(settings.cors_origins)
        )
        _notify_event_bridge(self.documents)
        messages = long_message_expiry(settings.conversation_days)
        self.results = self._bucket("ResultsBucket", lifecycle_rules=[_housekeeping(), *_work_expiry(), messages])
        self.dead_letters = self._dead_letter_queue("Summaries")
        self.knowledge_dead_letters = self._dead_letter_queue("Knowledge")
        if not settings.keeps_data:
            self._log_bucket_cleaning()
        for name, value in self._outputs().items():
            cdk.CfnOutput(self, name, value=value)

    def _documents_table(self) -> dynamodb.Table:
        table = self._table("Documents", sort_key="sk", expires=False)
        table.add_global_secondary_index(index_name="by-time", partition_key=_key("pk"), sort_key=_key("received_at"))
        # Holds what is not SUMMARIZED: a rare state is found without reading a large inbox.
        table.add_global_secondary_index(
            index_name="by-state", partition_key=_key("tenant_state"), sort_key=_key("received_at")
        )
        return table

    def _table(self, name: str, *, sort_key: str | None, expires: bool, restorable: bool = True) -> dynamodb.Table:
        """`Table`, not `TableV2`: the local runtime has no AWS::DynamoDB::GlobalTable."""
        return dynamodb.Table(
            self,
            f"{name}Table",
            partition_key=_key("pk"),
            sort_key=_key(sort_key) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at" if expires else None,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=restorable
            ),
            deletion_protection=self._settings.keeps_data,
            removal_policy=self._settings.removal_policy,
        )

    def _bucket(self, name: str, **options: Any) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            removal_policy=self._settings.removal_policy,
            auto_delete_objects=not self._settings.keeps_data,
            **options,
        )
        # Server access logs are a bucket that only grows, with best-effort delivery; who must know who read what turns
        # on CloudTrail's data events for the account: docs/operations.md.
        acknowledge(bucket, "S1", reason="objects are read by the functions alone, which log what they do")
        return bucket

    def _vector_bucket(self) -> s3vectors.CfnVectorBucket:
        """Of all collections: each is an index in it, made when a caller makes the collection. CloudFormation deletes
        no vector bucket that holds an index, so it always leaves this one: `make destroy` ends it where data goes."""
        bucket = s3vectors.CfnVectorBucket(
            self,
            "VectorBucket",
            encryption_configuration=s3vectors.CfnVectorBucket.EncryptionConfigurationProperty(sse_type="AES256"),
        )
        bucket.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        if not self._settings.keeps_data:
            cdk.Tags.of(bucket).add("quarry:retention", "destroy")  # `python -m ops remains --finish-destroy` reads it
        return bucket

    def _dead_letter_queue(self, name: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            f"{name}DeadLetters",
            retention_period=cdk.Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=self._settings.removal_policy,
        )
        acknowledge(queue, "SQS3", reason=f"this is the dead-letter queue of the {name.lower()} stack's queue and rule")
        # For events that EventBridge itself could not deliver. The rule lives in a stack that depends on this one, so
        # it cannot be named here; any rule of this account may write.
        rules = self.format_arn(service="events", resource="rule", resource_name="*")
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[queue.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": rules}, "StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return queue

    def _log_bucket_cleaning(self) -> None:
        """CDK's function that empties the buckets would make itself a log group that is kept for ever."""
        provider = self.node.find_child("Custom::S3AutoDeleteObjectsCustomResourceProvider")
        handler = provider.node.find_child("Handler")
        if not isinstance(handler, cdk.CfnResource):
            raise TypeError(f"{handler.node.path} is no longer one resource")
        logs = log_group(self, "BucketCleaningLogs", retention_days=self._settings.log_retention_days)
        handler.add_property_override("LoggingConfig.LogGroup", logs.log_group_name)

    def _outputs(self) -> dict[str, str]:
        return {
            "ConversationsTableName": self.conversations.table_name,
            "ClientsTableName": self.clients.table_name,
            "LedgerTableName": self.ledger.table_name,
            "SlotsTableName": self.slots.table_name,
            "IdempotencyTableName": self.idempotency.table_name,
            "DocumentsTableName": self.documents_table.table_name,
            "BulkTableName": self.bulk.table_name,
            "CollectionsTableName": self.collections.table_name,
            "VectorBucketArn": self.vectors.attr_vector_bucket_arn,
            "DocumentsBucketName": self.documents.bucket_name,
            "ResultsBucketName": self.results.bucket_name,
            "SummariesDeadLetterQueueUrl": self.dead_letters.queue_url,
            "KnowledgeDeadLetterQueueUrl": self.knowledge_dead_letters.queue_url,
        }


def _key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _uploads_from(origins: tuple[str, ...]) -> list[s3.CorsRule] | None:
    """Web pages post the forms that `POST /documents` hands out; nothing else is open to them."""
    if not origins:
        return None
    return [s3.CorsRule(allowed_methods=[s3.HttpMethods.POST], allowed_origins=list(origins), max_age=3600)]


def _housekeeping() -> s3.LifecycleRule:
    """Replaced and deleted versions are really gone after 30 days, and so are parts of uploads that never ended."""
    return s3.LifecycleRule(
        id="old-versions",
        noncurrent_version_expiration=cdk.Duration.days(30),
        abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
        expired_object_delete_marker=True,
    )


def _work_expiry() -> list[s3.LifecycleRule]:
    """Intermediate copies of people's text: for days as objects, one more day as the version that expiry leaves."""
    return [
        s3.LifecycleRule(
            id="work",
            prefix=WORK,
            expiration=cdk.Duration.days(7),
            noncurrent_version_expiration=cdk.Duration.days(1),
        ),
        # A bulk run may be stopped for weeks before an operator resumes it.
        s3.LifecycleRule(
            id="bulk",
            prefix=BULK,
            expiration=cdk.Duration.days(60),
            noncurrent_version_expiration=cdk.Duration.days(1),
        ),
    ]


def _notify_event_bridge(bucket: s3.Bucket) -> None:
    """The native property; `event_bridge_enabled=True` would bring a custom resource with a function of its own."""
    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket):
        raise TypeError(f"{bucket.node.path} is no longer made of one CfnBucket")
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )
