"""The Knowledge Base that all tenants share, its data source for documents that are handed over, and their role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.model_access import INVOKE, model_access
from stacks.components.security_rules import acknowledge_wildcard
from stacks.components.vector_stores import OpenSearchServerlessStore, S3VectorsStore
from stacks.knowledge_settings import knowledge_fingerprint
from stacks.settings import DeploymentSettings

if TYPE_CHECKING:
    from stacks.storage_stack import StorageStack

_Base = bedrock.CfnKnowledgeBase


class KnowledgeBase(Construct):
    """Chunking, embedding model and vector store cannot change in one that exists: what hangs on them carries their
    fingerprint in its logical id, and so is replaced together. `prefix`: the objects that Bedrock may read."""

    def __init__(
        self, scope: cdk.Stack, *, settings: DeploymentSettings, storage: StorageStack, bucket: s3.IBucket, prefix: str
    ) -> None:
        super().__init__(scope, "Knowledge")
        fingerprint = _fingerprint(settings)
        role = self._role(settings.knowledge_embedding_model, bucket, prefix)
        store = self._store(settings, storage, role, fingerprint)
        store.let(role)
        self._base = _Base(
            self,
            f"Base{fingerprint}",
            name=_name(scope.stack_name, fingerprint),
            description="Quarry: documents of all tenants, told apart by their metadata",
            role_arn=role.role_arn,
            knowledge_base_configuration=_embedding(scope, settings),
            storage_configuration=store.configuration,
        )
        # Bedrock looks at once whether the role can do its work.
        self._base.node.add_dependency(role, *store.needs)
        self._source = self._data_source(fingerprint, settings.knowledge_chunking.configuration)

    def _store(
        self, settings: DeploymentSettings, storage: StorageStack, role: iam.Role, fingerprint: str
    ) -> S3VectorsStore | OpenSearchServerlessStore:
        size = settings.knowledge_dimensions
        if settings.vector_store == "s3_vectors":
            return S3VectorsStore(self, fingerprint=fingerprint, bucket=storage.vectors, dimensions=size)
        return OpenSearchServerlessStore(self, fingerprint=fingerprint, role=role, dimensions=size)

    @property
    def knowledge_base_id(self) -> str:
        return self._base.attr_knowledge_base_id

    @property
    def arn(self) -> str:
        return self._base.attr_knowledge_base_arn

    @property
    def data_source_id(self) -> str:
        return self._source.attr_data_source_id

    def _data_source(self, fingerprint: str, chunking: dict[str, Any]) -> bedrock.CfnDataSource:
        source = bedrock.CfnDataSource(
            self,
            f"Documents{fingerprint}",
            name=f"documents-{fingerprint}",
            knowledge_base_id=self._base.attr_knowledge_base_id,
            # CUSTOM: documents of an S3 source take no metadata with the call, and so could not be told apart.
            data_source_configuration={"type": "CUSTOM"},
            # The vectors go with their index; to delete them one by one would need its role, which goes, too.
            data_deletion_policy="RETAIN",
        )
        source.add_property_override("VectorIngestionConfiguration.ChunkingConfiguration", chunking)
        return source

    def _role(self, model: str, bucket: s3.IBucket, prefix: str) -> iam.Role:
        """https://docs.aws.amazon.com/bedrock/latest/userguide/kb-permissions.html"""
        stack = cdk.Stack.of(self)
        bases = stack.format_arn(service="bedrock", resource="knowledge-base", resource_name="*")
        trusted = iam.ServicePrincipal(
            "bedrock.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": bases},
            },
        )
        role = iam.Role(self, "Role", assumed_by=trusted)
        for statement in model_access(self, model_ids=[model], actions=[INVOKE]):
            role.add_to_policy(statement)
        objects = bucket.arn_for_objects(f"{prefix}*")
        own = {"StringEquals": {"aws:ResourceAccount": stack.account}}
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects], conditions=own))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={**own, "StringLike": {"s3:prefix": [f"{prefix}*"]}},
            )
        )
        acknowledge_wildcard(role, objects, reason=f"documents have no names at deployment; none outside {prefix}")
        return role


def _fingerprint(settings: DeploymentSettings) -> str:
    return knowledge_fingerprint(
        settings.knowledge_chunking,
        model=settings.knowledge_embedding_model,
        dimensions=settings.knowledge_dimensions,
        vector_store=settings.vector_store,
    )


def _name(stack_name: str, fingerprint: str) -> str:
    """Bedrock takes letters and digits with single hyphens between them, 100 at most."""
    plain = re.sub(r"[^0-9A-Za-z]+", "-", stack_name).strip("-")
    return f"{plain[:80]}-{fingerprint}"


def _embedding(
    stack: cdk.Stack, settings: DeploymentSettings
) -> bedrock.CfnKnowledgeBase.KnowledgeBaseConfigurationProperty:
    model = stack.format_arn(
        service="bedrock",
        account="",
        resource="foundation-model",
        resource_name=settings.knowledge_embedding_model,
    )
    embedding = _Base.BedrockEmbeddingModelConfigurationProperty(
        dimensions=settings.knowledge_dimensions, embedding_data_type="FLOAT32"
    )
    return _Base.KnowledgeBaseConfigurationProperty(
        type="VECTOR",
        vector_knowledge_base_configuration=_Base.VectorKnowledgeBaseConfigurationProperty(
            embedding_model_arn=model,
            embedding_model_configuration=_Base.EmbeddingModelConfigurationProperty(
                bedrock_embedding_model_configuration=embedding
            ),
        ),
    )
