"""Documents that are dropped into `knowledge/` become passages that can be found: the Knowledge Base and its worker."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.knowledge_base import KnowledgeBase
from stacks.components.python_function import PythonFunction
from stacks.drop_queue import DropQueue
from stacks.function_stack import FunctionStack
from stacks.settings import DeploymentSettings
from stacks.storage_stack import KNOWLEDGE, StorageStack

_SECONDS = 60
_DOCUMENTS = ("Ingest", "Get", "Delete")
# Of the data source: more workers would only be throttled more often.
_WORKERS = 2


class KnowledgeStack(FunctionStack):
    """S3 -> EventBridge -> SQS -> worker -> Knowledge Base. The worker comes back to each document through the same
    queue until Bedrock has done with it: no event tells that."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: DeploymentSettings, storage: StorageStack
    ) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Quarry: the Knowledge Base and what fills it"
        )
        self._storage = storage
        self.base = KnowledgeBase(self, settings=settings, storage=storage, bucket=storage.documents, prefix=KNOWLEDGE)
        queue = DropQueue(
            self,
            storage=storage,
            consumer_seconds=_SECONDS,
            name="Knowledge",
            rule="KnowledgeDropped",
            prefix=KNOWLEDGE,
            dead_letters=storage.knowledge_dead_letters,
        ).queue
        self._worker(queue)
        outputs = {
            "KnowledgeBaseId": self.base.knowledge_base_id,
            "KnowledgeDataSourceId": self.base.data_source_id,
            "KnowledgeQueueUrl": queue.queue_url,
            "KnowledgeVectorStore": settings.vector_store,
            "KnowledgeDefaultTenant": settings.default_tenant,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)

    @classmethod
    def if_wanted(cls, app: cdk.App, *, settings: DeploymentSettings, storage: StorageStack) -> KnowledgeStack | None:
        """The stack of a deployment whose settings have a Knowledge Base."""
        if not settings.has_knowledge_base:
            return None
        return cls(app, f"{settings.name}-Knowledge", settings=settings, storage=storage)

    def let_retrieve(self, function: PythonFunction) -> None:
        """Tell a function which Knowledge Base there is, and let it find passages in it."""
        function.add_environment("KNOWLEDGE_BASE_ID", self.base.knowledge_base_id)
        function.allow("bedrock:Retrieve", on=[self.base.arn])

    def _worker(self, queue: sqs.Queue) -> None:
        worker = self._function(
            "knowledge/ingest",
            memory_mb=512,
            timeout_seconds=_SECONDS,
            environment={
                "DOCUMENTS_TABLE": self._storage.documents_table.table_name,
                "CLIENTS_TABLE": self._storage.clients.table_name,
                "DEFAULT_TENANT": self._settings.default_tenant,
                "KNOWLEDGE_BASE_ID": self.base.knowledge_base_id,
                "DATA_SOURCE_ID": self.base.data_source_id,
                "QUEUE_URL": queue.queue_url,
            },
        )
        self._let_work(worker, queue)
        worker.add_event_source(
            event_sources.SqsEventSource(
                queue,
                batch_size=10,
                max_batching_window=cdk.Duration.seconds(2),
                max_concurrency=_WORKERS,
                report_batch_item_failures=True,
            )
        )

    def _let_work(self, worker: PythonFunction, queue: sqs.Queue) -> None:
        storage = self._storage
        table = storage.documents_table.table_arn
        worker.allow("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", on=[table])
        worker.allow("dynamodb:GetItem", on=[storage.clients.table_arn])
        worker.allow_objects("s3:GetObject", bucket=storage.documents, prefix=KNOWLEDGE)
        worker.allow("s3:ListBucket", on=[storage.documents.bucket_arn])  # else a missing object is a 403
        worker.allow("sqs:SendMessage", on=[queue.queue_arn])
        documents = [f"bedrock:{verb}KnowledgeBaseDocuments" for verb in _DOCUMENTS]
        # https://docs.aws.amazon.com/bedrock/latest/userguide/kb-direct-ingestion-prereq.html
        worker.allow("bedrock:StartIngestionJob", *documents, on=[self.base.arn])
