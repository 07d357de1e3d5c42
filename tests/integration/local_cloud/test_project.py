"""The project's own templates, deployed as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cloud import deploy
from local.synth import synthesize
from tests.integration.local_cloud.support import ScriptedFunctions, until

ROOT = Path(__file__).resolve().parents[3]
OUTPUTS = {
    "ApiUrl",
    "ConversationsTableName",
    "ClientsTableName",
    "LedgerTableName",
    "DocumentsTableName",
    "DocumentsBucketName",
    "ResultsBucketName",
    "SummariesQueueUrl",
    "SummariesDeadLetterQueueUrl",
    "SummariesStateMachineArn",
    "GuardrailId",
    "GuardrailVersion",
}


@pytest.fixture(scope="module")
def deployment(cloud):
    return deploy(synthesize(ROOT, log=lambda _: None), cloud)


def test_every_output_is_there_and_none_of_the_plumbing(deployment):
    assert set(deployment.outputs) >= OUTPUTS
    assert not [name for name in deployment.outputs if name.startswith(("PublishOutput", "ExportsOutput"))]


def test_every_function_runs_from_the_tree(deployment):
    functions = deployment.of_type("AWS::Lambda::Function")
    assert {deployment.asset_roots[function.properties["Code"]["S3Key"]] for function in functions} == {ROOT}
    for function in functions:
        module = function.properties["Handler"].removesuffix(".handler").replace(".", "/")
        assert (ROOT / f"{module}.py").is_file()


def test_layers_and_stages_are_named_by_their_ids(deployment):
    (stage,) = deployment.of_type("AWS::ApiGateway::Stage")
    assert isinstance(stage.properties["DeploymentId"], str)
    layered = [fn for fn in deployment.of_type("AWS::Lambda::Function") if fn.properties.get("Layers")]
    assert all(layer.startswith("arn:aws:lambda:") for fn in layered for layer in fn.properties["Layers"])


def test_the_workflow_runs_its_states(cloud, functions: ScriptedFunctions, deployment):
    client = cloud.client("stepfunctions")
    machine = deployment.outputs["SummariesStateMachineArn"]
    (prepare,) = [
        function.physical_id
        for function in deployment.of_type("AWS::Lambda::Function")
        if function.properties["Handler"] == "lambdas.summaries.prepare_handler.handler"
    ]
    functions.scripts[prepare] = lambda _: {"records": 1}
    client.start_execution(stateMachineArn=machine, name="probe", input='{"document_id": "d"}')
    ended = until(lambda: client.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"])
    assert ended[0]["name"] == "probe"
    assert len(functions.calls) == 3


def test_a_dropped_document_reaches_the_queue(cloud, deployment):
    cloud.client("s3").put_object(Bucket=deployment.outputs["DocumentsBucketName"], Key="inbox/t/a b.txt", Body=b"x")
    url = deployment.outputs["SummariesQueueUrl"]
    assert until(lambda: cloud.client("sqs").receive_message(QueueUrl=url).get("Messages"))
