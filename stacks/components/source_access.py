"""Lets a function read what runs may take as their source: the setting `bulk_sources`."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from stacks.components.python_function import PythonFunction

_TENANT = "{tenant}"


def allow_reading_sources(function: PythonFunction, sources: Iterable[str], *, documents: s3.IBucket) -> None:
    """`s3://<bucket>/<prefix>`, or a prefix of the documents bucket. Which tenant may read what is checked when a run
    is planned and when it is listed; here all tenants' places are opened."""
    for number, source in enumerate(sources):
        bucket, prefix = _place(function, number, source, documents)
        reach = prefix.partition(_TENANT)[0]
        function.allow_objects("s3:GetObject", bucket=bucket, prefix=reach)
        conditions = {"StringLike": {"s3:prefix": [f"{reach}*"]}} if reach else {}
        # by prefix for listing; without it for telling missing objects from forbidden ones
        function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions=conditions)
        )


def _place(function: PythonFunction, number: int, source: str, documents: s3.IBucket) -> tuple[s3.IBucket, str]:
    if not source.startswith("s3://"):
        return documents, source
    name, _, prefix = source.removeprefix("s3://").partition("/")
    partition = cdk.Stack.of(function).partition
    bucket = s3.Bucket.from_bucket_arn(function, f"Source{number}", f"arn:{partition}:s3:::{name}")
    return bucket, prefix
