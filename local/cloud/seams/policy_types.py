"""Resource policies that moto's CloudFormation lacks, and the types that are knowingly without effect locally."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, s3_backends
from moto.sqs.models import sqs_backends

from local.cloud.seams.patching import replace
from local.cloud.seams.resource_types import Created, Creation, add_type

# They have a physical id and nothing else: what they do (logging of access, alarms, limits) does not happen locally.
INERT_TYPES = (
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::UsagePlan",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::SNS::TopicPolicy",
)
# Nothing refers to them: they are taken out of the template before it is deployed.
REMOVED_TYPES = ("AWS::CDK::Metadata", "Custom::S3AutoDeleteObjects")


def _bucket_policy(creation: Creation) -> Created:
    bucket = str(creation.properties["Bucket"])
    policy = json.dumps(creation.properties["PolicyDocument"])
    s3_backends[creation.account]["aws"].put_bucket_policy(bucket, policy.encode())
    return Created(ref=bucket)


def _queue_policy(creation: Creation) -> Created:
    policy = json.dumps(creation.properties["PolicyDocument"])
    backend = sqs_backends[creation.account][creation.region]
    for url in creation.properties["Queues"]:
        backend.set_queue_attributes(str(url).rsplit("/", 1)[-1], {"Policy": policy})
    return Created(ref=creation.name)


def _no_opinion(_: Any) -> Callable[..., Any]:
    """Permissions are not enforced locally; moto would, but without conditions: TLS-only would refuse everything."""
    return lambda self, action, resource: PermissionResult.NEUTRAL


@cache
def install() -> None:
    """Add the policies and the inert types."""
    replace(FakeBucket, "get_permission", _no_opinion)
    add_type("AWS::S3::BucketPolicy", _bucket_policy)
    add_type("AWS::SQS::QueuePolicy", _queue_policy)
    add_type("AWS::SQS::QueueInlinePolicy", _queue_policy)
    for inert in INERT_TYPES:
        add_type(inert, lambda creation: Created(ref=creation.name))
