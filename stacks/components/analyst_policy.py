"""What people who drop documents and read summaries need: a managed policy that follows the tag of whoever has it."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.security_rules import acknowledge_wildcard

TENANT_TAG = "aws:PrincipalTag/quarry-tenant"
_TENANT = f"${{{TENANT_TAG}}}"


class AnalystPolicy(iam.ManagedPolicy):
    """Put into `inbox/<tenant>/`, read `summaries/<tenant>/`, list both. `inbox` and `summaries` are a bucket and its
    prefix. The tenant is the principal's tag: IAM tags hold no wildcards, a principal without the tag matches nothing,
    and one whose tag is empty is refused, for it would own `inbox//`.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, inbox: tuple[s3.IBucket, str], summaries: tuple[s3.IBucket, str]
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Quarry: drop documents and read summaries of the tenant in {TENANT_TAG.rpartition('/')[2]}",
        )
        self._allow(*inbox, "s3:PutObject", "s3:AbortMultipartUpload")
        self._allow(*summaries, "s3:GetObject")

    def _allow(self, bucket: s3.IBucket, prefix: str, *actions: str) -> None:
        own = f"{prefix}{_TENANT}/"
        objects = bucket.arn_for_objects(f"{own}*")
        acknowledge_wildcard(
            self, objects, reason="objects are data; none outside the tenant's own folder is within reach"
        )
        self._state(actions, objects)
        self._state(["s3:ListBucket"], bucket.bucket_arn, {"s3:prefix": [own, f"{own}*"]})

    def _state(self, actions: Any, resource: str, condition: dict[str, Any] | None = None) -> None:
        self.add_statements(
            iam.PolicyStatement(
                actions=list(actions),
                resources=[resource],
                conditions={"StringLike": {TENANT_TAG: "?*", **(condition or {})}},
            )
        )
