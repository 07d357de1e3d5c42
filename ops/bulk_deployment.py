"""A deployment's bulk runs from the operator's side: the API's services with the operator's own rights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import boto3

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_reusable_summaries import DynamoDbReusableSummaries
from lambdas.shared.adapters.dynamodb_shard_store import DynamoDbShardStore
from lambdas.shared.adapters.dynamodb_tenant_options import DynamoDbTenantOptions
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_run_files import S3RunFiles
from lambdas.shared.adapters.s3_sample_documents import S3SampleDocuments
from lambdas.shared.adapters.s3_source_pages import S3SourcePages
from lambdas.shared.adapters.service_quotas_reader import ServiceQuotasReader
from lambdas.shared.adapters.stepfunctions_bulk_workflow import StepFunctionsBulkWorkflow
from lambdas.shared.domain.bulk.source import AllowedSource, allowed_places
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.services.bulk.carry_run import CarryRun
from lambdas.shared.services.bulk.measure_sample import MeasureSample
from lambdas.shared.services.bulk.plan_run import BulkDefaults, PlanRun
from lambdas.shared.services.bulk.read_runs import ReadRuns
from ops.deployed_stacks import OpsError, stack_output


class BulkDeployment:
    """Found by its outputs; its settings are read off the function that plans in the API."""

    def __init__(self, stack_prefix: str) -> None:
        table = stack_output("BulkTableName", stack_prefix=stack_prefix)
        machine = stack_output("BulkStateMachineArn", stack_prefix=stack_prefix)
        self._stack_prefix = stack_prefix
        self._results = stack_output("ResultsBucketName", stack_prefix=stack_prefix)
        self.runs = DynamoDbBulkRunStore(aws_clients.dynamodb(), table=table)
        self._shards = DynamoDbShardStore(aws_clients.dynamodb(), table=table)
        workflow = StepFunctionsBulkWorkflow(aws_clients.step_functions(), state_machine_arn=machine)
        self.carry = CarryRun(runs=self.runs, workflow=workflow)

    @property
    def results_bucket(self) -> str:
        return self._results

    def reader(self) -> ReadRuns:
        """Where runs stand."""
        files = S3RunFiles(aws_clients.s3(), bucket=self._results)
        return ReadRuns(runs=self.runs, shards=self._shards, files=files)

    def planner(self, listed: Callable[[int], object]) -> PlanRun:
        """Lists all of an archive, however large; `listed` hears of each page how many documents are known by then."""
        found = self._settings()
        texts, documents_bucket = json.loads(found["BULK_SOURCES"]), found["DOCUMENTS_BUCKET"]

        catalog = _catalog(found["MODELS"])

        def places(tenant: str) -> tuple[AllowedSource, ...]:
            return allowed_places(texts, documents_bucket=documents_bucket, tenant=tenant)

        return PlanRun(
            runs=self.runs,
            pages=S3SourcePages(aws_clients.s3(), places=places),
            sample=MeasureSample(documents=S3SampleDocuments(aws_clients.s3()), reader=DocumentTextReader()),
            quotas=ServiceQuotasReader(
                aws_clients.service_quotas(), labels=catalog.quota_labels, settings=json.loads(found["BULK_QUOTAS"])
            ),
            catalog=catalog,
            prompts=SummaryPrompts(FilePromptLibrary(), int(found["SECTION_TOKENS"])),
            tenants=DynamoDbTenantOptions(aws_clients.dynamodb(), table=found["CLIENTS_TABLE"]),
            documents=DynamoDbReusableSummaries(aws_clients.dynamodb(), table=found["DOCUMENTS_TABLE"]),
            defaults=_defaults(found, places),
            listed=listed,
        )

    def _settings(self) -> Mapping[str, str]:
        name = stack_output("BulkStartFunctionName", stack_prefix=self._stack_prefix)
        configuration: Any = boto3.client("lambda").get_function_configuration(FunctionName=name)
        found: Mapping[str, str] = configuration["Environment"]["Variables"]
        return found


def _defaults(found: Mapping[str, str], places: Callable[[str], tuple[AllowedSource, ...]]) -> BulkDefaults:
    style: Any = found["SUMMARY_STYLE"]
    mode: Any = found["BULK_GUARDRAIL"]
    return BulkDefaults(
        model=found["BULK_MODEL"],
        options=SummaryOptions(style, found["SUMMARY_LANGUAGE"]),
        places=places,
        guardrail_mode=mode,
        guardrail_policies=json.loads(found["BULK_GUARDRAIL_POLICIES"]),
        rounds=int(found["BULK_ROUNDS"]),
    )


def _catalog(models: str) -> ModelCatalog:
    try:
        return load_catalog(models)
    except FileNotFoundError as error:
        raise OpsError("the catalogue is not compiled yet; run `make synth` once") from error


def tell_listed(documents: int) -> None:
    """A line that grows, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{documents:,} documents listed", end="", file=sys.stderr, flush=True)
