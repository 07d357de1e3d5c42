"""The API's routes for bulk runs, and their functions."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from stacks.components.api_routes import ApiRoutes
from stacks.components.asl_state_machine import AslStateMachine
from stacks.components.dependency_layer import DependencyLayer
from stacks.components.python_function import PythonFunction
from stacks.components.security_rules import acknowledge_wildcard
from stacks.components.source_access import allow_reading_sources
from stacks.document_routes import MakeFunction
from stacks.settings import DeploymentSettings
from stacks.storage_stack import BULK, RESULTS, StorageStack


def add_bulk_routes(
    routes: ApiRoutes,
    make: MakeFunction,
    storage: StorageStack,
    settings: DeploymentSettings,
    workflow: AslStateMachine,
) -> None:
    """A function for each kind of right: to read archives, to read runs, to change them."""
    _start(routes, make, storage, settings, workflow)
    read = make("bulk_runs/read", memory_mb=1024, timeout_seconds=29, environment=_places(storage))
    _let_read(read, storage)
    read.allow("dynamodb:GetItem", "dynamodb:Query", on=[storage.bulk.table_arn])
    routes.serve(read, "GET /bulk-summaries", "GET /bulk-summaries/{id}", calls_model=False)
    control = make(
        "bulk_runs/control",
        memory_mb=1024,
        timeout_seconds=29,
        environment={**_places(storage), **_workflow(storage, workflow)},
    )
    _let_read(control, storage)
    control.allow("dynamodb:GetItem", "dynamodb:PutItem", on=[storage.bulk.table_arn])
    _let_carry(control, storage, workflow)
    one = "/bulk-summaries/{id}"
    routes.serve(control, f"POST {one}/resume", f"DELETE {one}", calls_model=False)


def _start(
    routes: ApiRoutes,
    make: MakeFunction,
    storage: StorageStack,
    settings: DeploymentSettings,
    workflow: AslStateMachine,
) -> None:
    start = make(
        "bulk_runs/start",
        memory_mb=1769,  # one whole CPU: it reads a sample of the archive
        timeout_seconds=29,
        environment={**_workflow(storage, workflow), **_planning(storage, settings)},
    )
    start.add_layers(DependencyLayer(cdk.Stack.of(start), name="documents"))
    allow_reading_sources(start, settings.bulk_sources, documents=storage.documents)
    start.allow("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", on=[storage.bulk.table_arn])
    start.allow("dynamodb:GetItem", on=[storage.clients.table_arn, storage.documents_table.table_arn])
    _let_carry(start, storage, workflow)
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html
    quotas = ["servicequotas:ListServiceQuotas", "servicequotas:ListAWSDefaultServiceQuotas"]
    start.add_to_role_policy(iam.PolicyStatement(actions=quotas, resources=["*"]))
    if start.role is not None:
        acknowledge_wildcard(start.role, "*", reason="lists of quotas have no ARN; they hold numbers and no secrets")
    routes.serve(start, "POST /bulk-summaries", calls_model=False)
    cdk.CfnOutput(cdk.Stack.of(start), "BulkStartFunctionName", value=start.function_name)


def _planning(storage: StorageStack, settings: DeploymentSettings) -> dict[str, str]:
    return {
        "CLIENTS_TABLE": storage.clients.table_name,
        "DOCUMENTS_TABLE": storage.documents_table.table_name,
        "DOCUMENTS_BUCKET": storage.documents.bucket_name,
        "MODELS": settings.models.as_json(),
        "BULK_MODEL": settings.bulk_model,
        "BULK_ROUNDS": str(settings.bulk_rounds),
        "SUMMARY_STYLE": settings.summary_style,
        "SUMMARY_LANGUAGE": settings.summary_language,
        "SECTION_TOKENS": str(settings.summary_section_tokens),
        "BULK_SOURCES": json.dumps(settings.bulk_sources),
        "BULK_GUARDRAIL": settings.bulk_guardrail if settings.guardrail.is_applied else "none",
        "BULK_GUARDRAIL_POLICIES": json.dumps(settings.guardrail.billed_policies),
        "BULK_QUOTAS": json.dumps(dict(settings.bulk_quotas)),
    }


def _workflow(storage: StorageStack, workflow: AslStateMachine) -> dict[str, str]:
    return {
        "BULK_TABLE": storage.bulk.table_name,
        "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
        "STATE_MACHINE_ARN": workflow.state_machine_arn,
    }


def _places(storage: StorageStack) -> dict[str, str]:
    return {"BULK_TABLE": storage.bulk.table_name, "RESULTS_BUCKET": storage.results.bucket_name}


def _let_read(function: PythonFunction, storage: StorageStack) -> None:
    """Commits and reports, which hold counts; without ListBucket S3 answers a missing one with 403."""
    for prefix in (BULK, RESULTS):
        function.allow_objects("s3:GetObject", bucket=storage.results, prefix=prefix)
    function.allow("s3:ListBucket", on=[storage.results.bucket_arn])


def _let_carry(function: PythonFunction, storage: StorageStack, workflow: AslStateMachine) -> None:
    """Start executions and see what has become of them."""
    function.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])
    function.allow("states:StartExecution", on=[workflow.state_machine_arn])
    executions = cdk.Stack.of(function).format_arn(
        service="states",
        resource="execution",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        resource_name=f"{workflow.state_machine_name}:*",
    )
    function.allow("states:DescribeExecution", on=[executions])
    if function.role is not None:
        reason = "executions are named after runs, which are data; all of them are this one state machine's"
        acknowledge_wildcard(function.role, executions, reason=reason)
