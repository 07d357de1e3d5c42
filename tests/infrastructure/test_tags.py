"""Everything says which deployment it belongs to, so that what outlives the stacks is found again."""

from __future__ import annotations

import json
import re

import boto3
import pytest
from moto import mock_aws

import app
from local.cloud.seams import vector_indexes, vector_types
from ops.__main__ import main
from ops.leftovers.inventory import TAG
from tests.infrastructure.assembly import Assembly, Resource

# What CloudFormation cannot tag; each one is part of something that it can.
UNTAGGABLE = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::Bedrock::DataSource",
    "AWS::Bedrock::GuardrailVersion",
    "AWS::Events::ApiDestination",
    "AWS::Events::Connection",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "Custom::S3AutoDeleteObjects",
}
# CDK makes these two out of raw text; they exist only where the data goes with its stack, and go with it too.
CLEANING = "Custom::S3AutoDeleteObjectsCustomResourceProvider/"
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"  # every CDK template asks for it


def tags(resource: Resource) -> dict[str, str]:
    listed = resource.properties.get("Tags", [])
    return listed if isinstance(listed, dict) else {tag["Key"]: tag["Value"] for tag in listed}


def test_every_resource_names_its_deployment(assembly: Assembly, changed: Assembly) -> None:
    for resource in assembly.resources + changed.resources:
        if resource.type not in UNTAGGABLE and not resource.path.startswith(CLEANING):
            assert tags(resource).get("quarry:deployment") == "Quarry", f"{resource} ({resource.type})"


def test_the_operator_s_commands_look_for_the_same_tag() -> None:
    assert TAG == app.DEPLOYMENT_TAG


def test_the_operator_s_commands_recognize_every_stack(assembly: Assembly) -> None:
    """By `<name>-<word>` and the description: a stack that is not recognized would not stop a purge."""
    for path in assembly.folder.glob("*.template.json"):
        assert re.fullmatch(r"Quarry-[A-Za-z]+", path.name.removesuffix(".template.json"))
        assert json.loads(path.read_text())["Description"].startswith("Quarry: ")


def test_all_that_the_storage_stack_leaves_behind_is_found_and_deleted(
    assembly: Assembly, capsys: pytest.CaptureFixture[str]
) -> None:
    vector_indexes.install()
    vector_types.install()
    with mock_aws():
        boto3.client("ssm", "us-east-1").put_parameter(Name=BOOTSTRAP, Value="30", Type="String")
        stacks = boto3.client("cloudformation", "us-east-1")
        stacks.create_stack(StackName="Quarry-Storage", TemplateBody=json.dumps(assembly.templates["storage"]))
        assert main(["purge", "--name", "Quarry", "--yes-delete-data"]) == 1
        stacks.delete_stack(StackName="Quarry-Storage")
        capsys.readouterr()
        assert main(["remains", "--name", "Quarry"]) == 0
        kinds = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()[1:-2]]
        assert sorted(kinds) == ["bucket"] * 2 + ["queue"] * 2 + ["table"] * 8 + ["vectors"]
        assert main(["purge", "--name", "Quarry", "--yes-delete-data"]) == 0
        assert boto3.client("dynamodb", "us-east-1").list_tables()["TableNames"] == []
        assert boto3.client("s3", "us-east-1").list_buckets()["Buckets"] == []
        assert boto3.client("s3vectors", "us-east-1").list_vector_buckets()["vectorBuckets"] == []
        assert "QueueUrls" not in boto3.client("sqs", "us-east-1").list_queues()
