"""Dropped documents become summaries: a rule, a queue, the function that starts, and the workflow."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.analyst_policy import AnalystPolicy
from stacks.components.asl_state_machine import AslStateMachine
from stacks.components.dependency_layer import DependencyLayer
from stacks.components.model_access import INVOKE, model_access
from stacks.components.python_function import PythonFunction
from stacks.components.summary_notifications import SummaryNotifications
from stacks.drop_queue import DropQueue
from stacks.function_stack import FunctionStack
from stacks.guardrail_stack import GuardrailStack
from stacks.settings import DeploymentSettings
from stacks.storage_stack import INBOX, SUMMARIES, WORK, StorageStack

_START_SECONDS = 30


class SummariesStack(FunctionStack):
    """S3 -> EventBridge -> SQS -> start -> Step Functions: each hop keeps what the next one cannot take yet."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: DeploymentSettings,
        storage: StorageStack,
        guardrail: GuardrailStack,
    ) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Quarry: dropped documents become summaries"
        )
        self._storage = storage
        self._guardrail = guardrail
        queue = self._queue()
        self.workflow = AslStateMachine(
            self,
            definition="summarize_document",
            functions=[self._prepare(), self._merge(), self._infer(), self._collect(), self._fail()],
            values={"ResultsBucketName": storage.results.bucket_name},
            log_retention_days=settings.log_retention_days,
        )
        self.workflow.allow_distributed_map(items_in=storage.results, prefix=WORK)
        self._start(queue, self.workflow)
        self._for_people()
        cdk.CfnOutput(self, "SummariesQueueUrl", value=queue.queue_url)
        cdk.CfnOutput(self, "SummariesStateMachineArn", value=self.workflow.state_machine_arn)

    def _queue(self) -> sqs.Queue:
        return DropQueue(
            self,
            storage=self._storage,
            consumer_seconds=_START_SECONDS,
            name="Summaries",
            rule="DocumentDropped",
            prefix=INBOX,
            dead_letters=self._storage.dead_letters,
        ).queue

    def _start(self, queue: sqs.Queue, workflow: AslStateMachine) -> None:
        start = self._function(
            "summaries/start",
            memory_mb=512,
            timeout_seconds=_START_SECONDS,
            environment={
                "DOCUMENTS_TABLE": self._storage.documents_table.table_name,
                "CLIENTS_TABLE": self._storage.clients.table_name,
                "STATE_MACHINE_ARN": workflow.state_machine_arn,
                "DEFAULT_TENANT": self._settings.default_tenant,
            },
        )
        start.allow("dynamodb:PutItem", "dynamodb:UpdateItem", on=[self._storage.documents_table.table_arn])
        start.allow("dynamodb:GetItem", on=[self._storage.clients.table_arn])
        start.allow("states:StartExecution", on=[workflow.state_machine_arn])
        start.add_event_source(
            event_sources.SqsEventSource(
                queue,
                batch_size=10,
                max_concurrency=self._settings.summaries_max_concurrency,
                report_batch_item_failures=True,
            )
        )

    def _for_people(self) -> None:
        """Who may drop and read, and who is told."""
        storage, notifications = self._storage, self._settings.summaries_notifications
        places = {"inbox": (storage.documents, INBOX), "summaries": (storage.results, SUMMARIES)}
        analyst = AnalystPolicy(self, "AnalystPolicy", **places)
        cdk.CfnOutput(self, "AnalystPolicyArn", value=analyst.managed_policy_arn)
        if notifications.wanted:
            SummaryNotifications(self, "Notifications", settings=notifications, inbox=storage.documents)

    def _prepare(self) -> PythonFunction:
        prepare = self._function(
            "summaries/prepare",
            memory_mb=1769,  # one whole CPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
            timeout_seconds=300,
            environment=self._request_settings(),
            layers=[DependencyLayer(self, name="documents")],
        )
        prepare.allow("dynamodb:GetItem", "dynamodb:UpdateItem", on=[self._storage.documents_table.table_arn])
        prepare.allow_objects("s3:GetObject", "s3:GetObjectVersion", bucket=self._storage.documents, prefix=INBOX)
        _allow_telling_missing_objects(prepare, self._storage.documents)
        prepare.allow("dynamodb:GetItem", on=[self._storage.clients.table_arn])
        self._allow_work(prepare, "s3:PutObject")
        return prepare

    def _merge(self) -> PythonFunction:
        merge = self._function(
            "summaries/merge", memory_mb=1024, timeout_seconds=300, environment=self._request_settings()
        )
        merge.allow("dynamodb:UpdateItem", on=[self._storage.documents_table.table_arn])
        merge.allow("dynamodb:GetItem", on=[self._storage.clients.table_arn])
        self._allow_work(merge, "s3:GetObject", "s3:PutObject")
        _allow_telling_missing_objects(merge, self._storage.results)
        return merge

    def _request_settings(self) -> dict[str, str]:
        """What decides how requests are written."""
        return {
            **self._table(),
            "CLIENTS_TABLE": self._storage.clients.table_name,
            "RESULTS_BUCKET": self._storage.results.bucket_name,
            "MODELS": self._settings.models.as_json(),
            "SUMMARY_MODEL": self._settings.summary_model,
            "SUMMARY_STYLE": self._settings.summary_style,
            "SUMMARY_LANGUAGE": self._settings.summary_language,
            "SECTION_TOKENS": str(self._settings.summary_section_tokens),
        }

    def _infer(self) -> PythonFunction:
        infer = self._function(
            "summaries/infer",
            memory_mb=512,
            timeout_seconds=600,
            environment={
                "RESULTS_BUCKET": self._storage.results.bucket_name,
                **self._table(),
                "LEDGER_TABLE": self._storage.ledger.table_name,
                "SLOTS_TABLE": self._storage.slots.table_name,
                "MAX_MODEL_CALLS": str(self._settings.summaries_max_model_calls),
                "MODELS": self._settings.models.as_json(),
                "LEDGER_DAYS": str(self._settings.ledger_days),
                "SUMMARIES_GUARDRAIL": self._settings.summaries_guardrail,
            },
        )
        infer.allow("dynamodb:PutItem", on=[self._storage.ledger.table_arn])
        infer.allow("dynamodb:GetItem", on=[self._storage.documents_table.table_arn])
        slots = ("dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem")
        infer.allow(*slots, on=[self._storage.slots.table_arn])
        self._guardrail.guard(infer, used=self._settings.summaries_guardrail != "none")
        self._allow_work(infer, "s3:GetObject", "s3:PutObject")
        _allow_telling_missing_objects(infer, self._storage.results)
        for statement in model_access(self, model_ids=self._settings.models.ids, actions=[INVOKE]):
            infer.add_to_role_policy(statement)
        return infer

    def _collect(self) -> PythonFunction:
        collect = self._function(
            "summaries/collect",
            memory_mb=512,
            timeout_seconds=60,
            environment={
                **self._table(),
                "RESULTS_BUCKET": self._storage.results.bucket_name,
                "EVENT_BUS_NAME": "default",
            },
        )
        table = self._storage.documents_table.table_arn
        collect.allow("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", on=[table])
        self._allow_work(collect, "s3:GetObject")
        actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObjectVersion")
        collect.allow_objects(*actions, bucket=self._storage.results, prefix=SUMMARIES)
        _allow_telling_missing_objects(collect, self._storage.results)
        collect.allow("events:PutEvents", on=[self._event_bus()])
        return collect

    def _fail(self) -> PythonFunction:
        fail = self._function(
            "summaries/fail",
            memory_mb=512,
            timeout_seconds=60,
            environment={**self._table(), "EVENT_BUS_NAME": "default"},
        )
        fail.allow("dynamodb:GetItem", "dynamodb:UpdateItem", on=[self._storage.documents_table.table_arn])
        fail.allow("events:PutEvents", on=[self._event_bus()])
        return fail

    def _table(self) -> dict[str, str]:
        return {"DOCUMENTS_TABLE": self._storage.documents_table.table_name}

    def _event_bus(self) -> str:
        return self.format_arn(service="events", resource="event-bus", resource_name="default")

    def _allow_work(self, function: PythonFunction, *actions: str) -> None:
        function.allow_objects(*actions, bucket=self._storage.results, prefix=WORK)


def _allow_telling_missing_objects(function: PythonFunction, bucket: s3.Bucket) -> None:
    """Without ListBucket, S3 answers a missing object with 403, which looks like a mistake in a policy.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    function.allow("s3:ListBucket", on=[bucket.bucket_arn])
