"""Messages over 64 KB: a prefix of the results bucket, how long objects stay there, and who may touch them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from stacks.components.python_function import PythonFunction

CONVERSATIONS = "conversations/"


def long_message_expiry(days: int) -> s3.LifecycleRule:
    """As long as their rows, which expire `days` after their turn: S3 rounds up to the next midnight, so a row never
    outlives its text by the clock. One day more for the version that expiry leaves. Orphans of a crash go with it."""
    return s3.LifecycleRule(
        id="conversations",
        prefix=CONVERSATIONS,
        expiration=cdk.Duration.days(days),
        noncurrent_version_expiration=cdk.Duration.days(1),
    )


def let_take_turns(function: PythonFunction, bucket: s3.IBucket) -> None:
    """Write, read back, and take back exactly the version that was written for a turn that was not stored."""
    function.allow_objects(
        "s3:PutObject", "s3:GetObject", "s3:DeleteObjectVersion", bucket=bucket, prefix=CONVERSATIONS
    )


def let_read_and_erase(function: PythonFunction, bucket: s3.IBucket) -> None:
    """Erasing means every version, so versions have to be listed, below the prefix alone."""
    function.allow_objects("s3:GetObject", "s3:DeleteObjectVersion", bucket=bucket, prefix=CONVERSATIONS)
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucketVersions"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{CONVERSATIONS}*"]}},
        )
    )
