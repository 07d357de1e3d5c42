"""An AWS account in moto in which deployments leave things behind."""

from __future__ import annotations

import json
from typing import Any

import boto3

REGION = "us-east-1"
_TABLE = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "DeletionProtectionEnabled": True,
}


class Account:
    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", REGION)
        self.s3 = boto3.client("s3", REGION)
        self.sqs = boto3.client("sqs", REGION)
        self.logs = boto3.client("logs", REGION)
        self.stacks = boto3.client("cloudformation", REGION)

    def deploy(self, deployment: str | None, stack: str, *, description: str = "Quarry: data") -> None:
        """A stack of one table, bucket, queue and log group that all outlive it; `None` tags nothing."""
        tags = {"Tags": [{"Key": "quarry:deployment", "Value": deployment}]} if deployment else {}
        resources = {
            "Table": ("AWS::DynamoDB::Table", _TABLE),
            "Bucket": ("AWS::S3::Bucket", {}),
            "Queue": ("AWS::SQS::Queue", {}),
            "Logs": ("AWS::Logs::LogGroup", {}),
        }
        body = {
            name: {"Type": kind, "DeletionPolicy": "Retain", "Properties": {**properties, **tags}}
            for name, (kind, properties) in resources.items()
        }
        template = json.dumps({"Description": description, "Resources": body})
        self.stacks.create_stack(StackName=stack, TemplateBody=template)

    def destroy(self, stack: str) -> None:
        self.stacks.delete_stack(StackName=stack)

    def tables(self) -> list[str]:
        return self.dynamodb.list_tables()["TableNames"]

    def buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]

    def queues(self) -> list[str]:
        return self.sqs.list_queues().get("QueueUrls", [])

    def log_groups(self) -> list[str]:
        return [group["logGroupName"] for group in self.logs.describe_log_groups()["logGroups"]]

    def everything(self) -> dict[str, list[str]]:
        return {
            "tables": self.tables(),
            "buckets": self.buckets(),
            "queues": self.queues(),
            "log groups": self.log_groups(),
        }

    def fill(self, bucket: str, *, objects: int = 3, size: int = 1024) -> None:
        """Every object in two versions, one of them deleted, and one upload that never ended."""
        # moto's CloudFormation leaves a bucket unversioned, whatever the template says
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for number in range(objects):
            for _ in range(2):
                self.s3.put_object(Bucket=bucket, Key=f"inbox/acme/{number}", Body=b"x" * size)
        self.s3.delete_object(Bucket=bucket, Key="inbox/acme/0")
        self.s3.create_multipart_upload(Bucket=bucket, Key="inbox/acme/big")

    def versions(self, bucket: str) -> list[Any]:
        page = self.s3.list_object_versions(Bucket=bucket)
        return [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
