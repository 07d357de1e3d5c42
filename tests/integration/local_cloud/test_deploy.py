"""Deploying assemblies: order, references between stacks, resolved properties, refusals."""

from __future__ import annotations

import pytest

from local.cloud import DeploymentFailedError, deploy
from tests.integration.local_cloud.support import add_asset, write_assembly


def queue(**properties):
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def topic(display_name):
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": display_name}}


BOOTSTRAP = {
    "BootstrapVersion": {
        "Type": "AWS::SSM::Parameter::Value<String>",
        "Default": "/cdk-bootstrap/hnb659fds/version",
    }
}
RULES = {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [[], ""]}]}}]}}


def test_stacks_are_deployed_in_the_order_of_their_dependencies(cloud, tmp_path, unique):
    first, second = f"{unique}-a", f"{unique}-b"
    reference = {"Fn::GetStackOutput": {"StackName": first, "Region": "us-east-1", "OutputName": "Arn"}}
    stacks = {
        second: {"Resources": {"Copy": topic(reference)}},
        first: {
            "Parameters": BOOTSTRAP,
            "Rules": RULES,
            "Resources": {"Queue": queue()},
            "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}},
        },
    }
    deployment = deploy(write_assembly(tmp_path / "out", stacks, **{second: [first]}), cloud)
    assert [resource.logical_id for resource in deployment.resources] == ["Queue", "Copy"]
    assert deployment.resources[1].properties["DisplayName"] == deployment.outputs["Arn"]
    assert deployment.outputs["Arn"].startswith("arn:aws:sqs:us-east-1:123456789012:")


def test_imported_exports_are_resolved(cloud, tmp_path, unique):
    first, second = f"{unique}-a", f"{unique}-b"
    stacks = {
        first: {
            "Resources": {"Queue": queue()},
            "Outputs": {"Url": {"Value": {"Ref": "Queue"}, "Export": {"Name": f"{first}:Url"}}},
        },
        second: {
            "Resources": {
                "Copy": topic({"Fn::ImportValue": f"{first}:Url"}),
            }
        },
    }
    deployment = deploy(write_assembly(tmp_path / "out", stacks, **{second: [first]}), cloud)
    assert deployment.resources[1].properties["DisplayName"] == deployment.outputs["Url"]


def test_properties_come_resolved_and_without_no_value(cloud, tmp_path, unique):
    stacks = {
        unique: {
            "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
            "Resources": {
                "Queue": queue(VisibilityTimeout=9, DelaySeconds={"Ref": "AWS::NoValue"}),
                "Skipped": {**queue(), "Condition": "Never"},
                "Copy": topic({"Fn::Join": ["|", [{"Ref": "AWS::Region"}, {"Fn::Sub": "${Queue.QueueName}"}]]}),
            },
        }
    }
    deployment = deploy(write_assembly(tmp_path / "out", stacks), cloud)
    made, copy = deployment.resources
    assert made.properties == {"VisibilityTimeout": 9}
    assert copy.properties["DisplayName"] == "us-east-1|" + made.physical_id.rsplit("/", 1)[-1]


def test_a_queue_url_can_be_used_by_any_client(cloud, tmp_path, unique):
    deployment = deploy(write_assembly(tmp_path / "out", {unique: {"Resources": {"Queue": queue()}}}), cloud)
    url = deployment.resources[0].physical_id
    assert url.startswith(cloud.endpoint_url)
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert cloud.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_an_unknown_type_fails_the_deploy_by_name(cloud, tmp_path, unique):
    stacks = {unique: {"Resources": {"Fancy": {"Type": "AWS::Fancy::Thing"}, "Queue": queue()}}}
    with pytest.raises(DeploymentFailedError, match=rf"^{unique}: Fancy is a AWS::Fancy::Thing, which the local cloud"):
        deploy(write_assembly(tmp_path / "out", stacks), cloud)


def test_inert_types_are_passed_over(cloud, tmp_path, unique):
    metadata = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}}
    queue_after = {**queue(), "DependsOn": ["Metadata"]}
    stacks = {unique: {"Resources": {"Metadata": metadata, "Queue": queue_after}}}
    deployment = deploy(write_assembly(tmp_path / "out", stacks), cloud)
    assert [resource.type for resource in deployment.resources] == ["AWS::SQS::Queue"]


def test_a_failing_resource_is_named_in_one_line(cloud, tmp_path, unique):
    dead = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:none", "maxReceiveCount": 1}
    stacks = {unique: {"Resources": {"Broken": queue(RedrivePolicy=dead)}}}
    with pytest.raises(DeploymentFailedError, match=rf"^{unique}: Broken \(AWS::SQS::Queue\): .*DLQ") as caught:
        deploy(write_assembly(tmp_path / "out", stacks), cloud)
    assert "\n" not in str(caught.value)


def test_a_missing_output_of_another_stack_is_named(cloud, tmp_path, unique):
    reference = {"Fn::GetStackOutput": {"StackName": "Absent", "Region": "us-east-1", "OutputName": "Arn"}}
    stacks = {unique: {"Resources": {"Queue": queue(QueueName=reference)}}}
    with pytest.raises(DeploymentFailedError, match="output Arn of stack Absent does not exist"):
        deploy(write_assembly(tmp_path / "out", stacks), cloud)


def test_code_assets_keep_their_source_folder(cloud, tmp_path, unique):
    source = tmp_path / "src"
    source.mkdir()
    directory = write_assembly(tmp_path / "out", {unique: {"Resources": {"Queue": queue()}}})
    add_asset(directory, source=source, object_key=f"{unique}.zip")
    deployment = deploy(directory, cloud)
    assert deployment.asset_roots[f"{unique}.zip"] == source.resolve()
    stored = cloud.client("s3").get_object(Bucket="cdk-hnb659fds-assets-123456789012-us-east-1", Key=f"{unique}.zip")
    assert stored["Body"].read(2) == b"PK"
