"""Whole archives become summaries through batch inference: the workflow, its functions, the role of its jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.asl_state_machine import AslStateMachine
from stacks.components.batch_role import BatchRole
from stacks.components.dependency_layer import DependencyLayer
from stacks.components.model_access import INVOKE, model_access
from stacks.components.python_function import PythonFunction
from stacks.components.source_access import allow_reading_sources
from stacks.function_stack import FunctionStack
from stacks.guardrail_stack import GuardrailStack
from stacks.settings import DeploymentSettings
from stacks.storage_stack import BULK, RESULTS, SUMMARIES, StorageStack

# One whole CPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_WHOLE_CPU = 1769


class BulkStack(FunctionStack):
    """Costs nothing while no run is under way."""

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
            scope, construct_id, settings=settings, description="Quarry: archives become summaries in batches"
        )
        self._storage, self._guardrail = storage, guardrail
        self.workflow = AslStateMachine(
            self,
            definition="summarize_in_bulk",
            functions=self._steps(),
            values={"ResultsBucketName": storage.results.bucket_name},
            log_retention_days=settings.log_retention_days,
        )
        self.workflow.allow_distributed_map(items_in=storage.results, prefix=BULK)
        cdk.CfnOutput(self, "BulkStateMachineArn", value=self.workflow.state_machine_arn)

    def _steps(self) -> list[PythonFunction]:
        models = self._settings.models.ids
        role = BatchRole(self, bucket=self._storage.results, prefix=BULK, model_ids=models)
        return [
            self._step("bulk/advance_run", 512, 300),
            self._list_source(),
            self._prepare_documents(),
            self._step("bulk/cut_shards", 1024, 300),
            self._advance_shard(role),
            self._collect_shard(),
            self._sweep_part(),
            self._write_report(),
            self._give_up(),
        ]

    def _list_source(self) -> PythonFunction:
        environment = {
            "DOCUMENTS_BUCKET": self._storage.documents.bucket_name,
            "BULK_SOURCES": json.dumps(self._settings.bulk_sources),
        }
        function = self._step("bulk/list_source", _WHOLE_CPU, 300, environment)
        allow_reading_sources(function, self._settings.bulk_sources, documents=self._storage.documents)
        return function

    def _prepare_documents(self) -> PythonFunction:
        mode = self._settings.bulk_guardrail
        function = self._step(
            "bulk/prepare_documents",
            _WHOLE_CPU,
            900,
            {**self._summary_settings(), "BULK_GUARDRAIL": mode},
            saves=False,
            layers=[DependencyLayer(self, name="documents")],
        )
        allow_reading_sources(function, self._settings.bulk_sources, documents=self._storage.documents)
        self._allow_summaries(function, assesses=mode == "both")
        return function

    def _advance_shard(self, role: BatchRole) -> PythonFunction:
        environment = {"SLOTS_TABLE": self._storage.slots.table_name, "BATCH_ROLE_ARN": role.role_arn}
        function = self._step("bulk/advance_shard", 1024, 900, environment)
        role.let_submit(function)
        self._allow_slots(function)
        return function

    def _collect_shard(self) -> PythonFunction:
        function = self._step("bulk/collect_shard", 2048, 900, self._summary_settings())
        function.allow("dynamodb:UpdateItem", on=[self._storage.bulk.table_arn])
        self._allow_summaries(function, assesses=self._settings.bulk_guardrail != "none")
        return function

    def _sweep_part(self) -> PythonFunction:
        environment = {
            **self._summary_settings(),
            "SLOTS_TABLE": self._storage.slots.table_name,
            "MAX_MODEL_CALLS": str(self._settings.summaries_max_model_calls),
        }
        function = self._step("bulk/sweep_part", 512, 900, environment, saves=False)
        self._allow_summaries(function, assesses=self._settings.bulk_guardrail != "none")
        self._allow_slots(function)
        for statement in model_access(self, model_ids=self._settings.models.ids, actions=[INVOKE]):
            function.add_to_role_policy(statement)
        return function

    def _write_report(self) -> PythonFunction:
        function = self._step("bulk/write_report", 1024, 900)
        function.allow_objects("s3:PutObject", bucket=self._storage.results, prefix=RESULTS)
        return function

    def _give_up(self) -> PythonFunction:
        function = self._function(
            "bulk/give_up",
            memory_mb=512,
            timeout_seconds=30,
            environment={"BULK_TABLE": self._storage.bulk.table_name},
        )
        function.allow("dynamodb:GetItem", "dynamodb:PutItem", on=[self._storage.bulk.table_arn])
        return function

    def _summary_settings(self) -> dict[str, str]:
        settings, storage = self._settings, self._storage
        return {
            "DOCUMENTS_TABLE": storage.documents_table.table_name,
            "CLIENTS_TABLE": storage.clients.table_name,
            "LEDGER_TABLE": storage.ledger.table_name,
            "LEDGER_DAYS": str(settings.ledger_days),
            "MODELS": settings.models.as_json(),
            "SUMMARY_STYLE": settings.summary_style,
            "SUMMARY_LANGUAGE": settings.summary_language,
            "SECTION_TOKENS": str(settings.summary_section_tokens),
        }

    def _allow_summaries(self, function: PythonFunction, *, assesses: bool) -> None:
        """Read options and stored summaries, store new ones, and pay for what is assessed."""
        storage = self._storage
        function.allow("dynamodb:GetItem", "dynamodb:PutItem", on=[storage.documents_table.table_arn])
        function.allow("dynamodb:GetItem", on=[storage.clients.table_arn])
        function.allow("dynamodb:PutItem", on=[storage.ledger.table_arn])
        function.allow_objects("s3:GetObject", "s3:PutObject", bucket=storage.results, prefix=SUMMARIES)
        self._guardrail.guard(function, used=assesses)

    def _allow_slots(self, function: PythonFunction) -> None:
        actions = ("dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem")
        function.allow(*actions, on=[self._storage.slots.table_arn])

    def _step(
        self,
        handler: str,
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str] | None = None,
        *,
        saves: bool = True,
        layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> PythonFunction:
        """A function that works on a run's files, and saves its rows or only reads them."""
        storage = self._storage
        always = {"BULK_TABLE": storage.bulk.table_name, "RESULTS_BUCKET": storage.results.bucket_name}
        function = self._function(
            handler,
            memory_mb=memory_mb,
            timeout_seconds=timeout_seconds,
            environment={**always, **(environment or {})},
            layers=layers,
        )
        actions = ("dynamodb:GetItem", "dynamodb:PutItem") if saves else ("dynamodb:GetItem",)
        function.allow(*actions, on=[storage.bulk.table_arn])
        _allow_work(function, storage.results)
        return function


def _allow_work(function: PythonFunction, results: s3.IBucket) -> None:
    actions = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
    function.allow_objects(*actions, bucket=results, prefix=BULK)
    # Without it, S3 answers a missing object with 403: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    function.allow("s3:ListBucket", on=[results.bucket_arn])
