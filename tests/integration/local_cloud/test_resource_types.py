"""The CloudFormation types that moto lacks, and the properties that it ignores."""

from __future__ import annotations

from local.cloud import deploy
from local.cloud.seams.guardrail_types import find_guardrail
from tests.integration.local_cloud.support import write_assembly

TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": TLS_ONLY}
POLICY = {"Version": "2012-10-17", "Statement": [DENY]}


def deployed(cloud, tmp_path, name, resources, outputs=None):
    template = {"Resources": resources, "Outputs": outputs or {}}
    return deploy(write_assembly(tmp_path / "out", {name: template}), cloud)


def by_id(deployment, logical_id):
    return next(resource for resource in deployment.resources if resource.logical_id == logical_id)


def test_a_rest_api_has_its_stage_authorizer_preflight_and_gateway_responses(cloud, tmp_path, unique):
    api = {"Ref": "Api"}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": unique}},
        "Authorizer": {
            "Type": "AWS::ApiGateway::Authorizer",
            "Properties": {
                "RestApiId": api,
                "Name": "keys",
                "Type": "TOKEN",
                "AuthorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/x",
                "IdentitySource": "method.request.header.Authorization",
                "AuthorizerResultTtlInSeconds": 60,
            },
        },
        "Preflight": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": api,
                "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "HttpMethod": "OPTIONS",
                "AuthorizationType": "CUSTOM",
                "AuthorizerId": {"Ref": "Authorizer"},
                "Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": '{"statusCode": 204}'}},
            },
        },
        "Refused": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {"RestApiId": api, "ResponseType": "UNAUTHORIZED", "StatusCode": "401"},
        },
        "Release": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": api},
            "DependsOn": ["Preflight"],
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": api, "StageName": "prod", "DeploymentId": {"Ref": "Release"}},
        },
    }
    url = {"Fn::Join": ["", ["https://", api, "/", {"Ref": "Stage"}]]}
    deployment = deployed(cloud, tmp_path, unique, resources, {"Url": {"Value": url}})
    api_id = by_id(deployment, "Api").physical_id
    client = cloud.client("apigateway")
    assert deployment.outputs["Url"] == f"https://{api_id}/prod"
    assert (
        client.get_stage(restApiId=api_id, stageName="prod")["deploymentId"] == by_id(deployment, "Release").physical_id
    )
    assert client.get_authorizers(restApiId=api_id)["items"][0]["id"] == by_id(deployment, "Authorizer").physical_id
    assert client.get_gateway_response(restApiId=api_id, responseType="UNAUTHORIZED")["statusCode"] == "401"
    assert by_id(deployment, "Preflight").properties["AuthorizerId"] == by_id(deployment, "Authorizer").physical_id


def test_a_guardrail_keeps_its_policies_and_publishes_versions(cloud, tmp_path, unique):
    guardrail = {"Name": "g", "BlockedInputMessaging": "no", "BlockedOutputsMessaging": "no"}
    version = {"GuardrailIdentifier": {"Fn::GetAtt": ["Guardrail", "GuardrailId"]}}
    resources = {
        "Version": {"Type": "AWS::Bedrock::GuardrailVersion", "Properties": version},
        "Guardrail": {"Type": "AWS::Bedrock::Guardrail", "Properties": guardrail},
    }
    outputs = {
        "Id": {"Value": {"Fn::GetAtt": ["Guardrail", "GuardrailId"]}},
        "Draft": {"Value": {"Fn::GetAtt": ["Guardrail", "Version"]}},
        "Number": {"Value": {"Fn::GetAtt": ["Version", "Version"]}},
    }
    deployment = deployed(cloud, tmp_path, unique, resources, outputs)
    assert deployment.outputs["Draft"] == "DRAFT"
    assert deployment.outputs["Number"] == "1"
    kept = find_guardrail(deployment.outputs["Id"])
    assert kept is not None
    assert kept.versions["1"]["BlockedInputMessaging"] == "no"
    assert find_guardrail(kept.arn) is kept


def test_buckets_and_queues_get_their_policies_which_are_not_enforced(cloud, tmp_path, unique):
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": unique}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "BucketRules": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": POLICY},
        },
        "QueueRules": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": POLICY},
        },
    }
    deployment = deployed(cloud, tmp_path, unique, resources)
    url = by_id(deployment, "Queue").physical_id
    assert "Deny" in cloud.client("s3").get_bucket_policy(Bucket=unique)["Policy"]
    policy = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert "Deny" in policy
    cloud.client("s3").put_object(Bucket=unique, Key="k", Body=b"over plain HTTP")
    assert cloud.client("s3").get_object(Bucket=unique, Key="k")["Body"].read() == b"over plain HTTP"


def test_a_bucket_is_versioned_and_has_its_cors_rules(cloud, tmp_path, unique):
    rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"], "MaxAge": 60}
    properties = {
        "BucketName": unique,
        "VersioningConfiguration": {"Status": "Enabled"},
        "CorsConfiguration": {"CorsRules": [rule]},
    }
    deployed(cloud, tmp_path, unique, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}})
    assert cloud.client("s3").get_bucket_versioning(Bucket=unique)["Status"] == "Enabled"
    assert cloud.client("s3").get_bucket_cors(Bucket=unique)["CORSRules"][0]["AllowedMethods"] == ["PUT"]


def test_a_table_has_its_time_to_live_and_recovery(cloud, tmp_path, unique):
    properties = {
        "TableName": unique,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    deployed(cloud, tmp_path, unique, {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}})
    client = cloud.client("dynamodb")
    expiry = client.describe_time_to_live(TableName=unique)["TimeToLiveDescription"]
    assert expiry == {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}
    backups = client.describe_continuous_backups(TableName=unique)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
