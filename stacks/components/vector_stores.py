"""Where a Knowledge Base keeps its vectors: an S3 Vectors index, or a collection of OpenSearch Serverless."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchserverless as aoss
from aws_cdk import aws_s3vectors as s3vectors
from constructs import Construct, IDependable

_Base = bedrock.CfnKnowledgeBase
# The names that Bedrock gives to a passage's text and to what it notes about its source: neither may count against the
# 2 KB of metadata that can be filtered. https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base-setup.html
TEXT, METADATA = "AMAZON_BEDROCK_TEXT", "AMAZON_BEDROCK_METADATA"
_VECTOR = "bedrock-knowledge-base-default-vector"
_INDEX_ACTIONS = ("GetIndex", "QueryVectors", "PutVectors", "GetVectors", "DeleteVectors")


class S3VectorsStore:
    """An index in the deployment's vector bucket. It holds copies: it goes with its Knowledge Base, whatever
    `retention` says, and `ops knowledge sync` makes it again from the documents."""

    def __init__(
        self, scope: Construct, *, fingerprint: str, bucket: s3vectors.CfnVectorBucket, dimensions: int
    ) -> None:
        self._index = s3vectors.CfnIndex(
            scope,
            f"Index{fingerprint}",
            vector_bucket_arn=bucket.attr_vector_bucket_arn,
            data_type="float32",
            dimension=dimensions,
            distance_metric="cosine",
            metadata_configuration=s3vectors.CfnIndex.MetadataConfigurationProperty(
                non_filterable_metadata_keys=[TEXT, METADATA]
            ),
        )
        self._index.apply_removal_policy(cdk.RemovalPolicy.DESTROY)

    @property
    def configuration(self) -> bedrock.CfnKnowledgeBase.StorageConfigurationProperty:
        """What the Knowledge Base is told."""
        return _Base.StorageConfigurationProperty(
            type="S3_VECTORS",
            s3_vectors_configuration=_Base.S3VectorsConfigurationProperty(index_arn=self._index.attr_index_arn),
        )

    @property
    def needs(self) -> Sequence[IDependable]:
        """What has to be there before the Knowledge Base is."""
        return (self._index,)

    def let(self, role: iam.Role) -> None:
        """Bedrock reads and writes this one index."""
        actions = [f"s3vectors:{action}" for action in _INDEX_ACTIONS]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[self._index.attr_index_arn]))


class OpenSearchServerlessStore:
    """A vector collection without standby replicas: billed by the hour, also while nobody asks
    (`python -m ops knowledge price`)."""

    def __init__(self, scope: Construct, *, fingerprint: str, role: iam.Role, dimensions: int) -> None:
        stack = cdk.Stack.of(scope)
        # AWS wants a name of 3 to 32 characters here: the stack's own makes it unique in the account.
        name = "kb-" + hashlib.sha256(f"{stack.stack_name} {fingerprint}".encode()).hexdigest()[:24]
        self._collection = aoss.CfnCollection(
            scope, f"Collection{fingerprint}", name=name, type="VECTORSEARCH", standby_replicas="DISABLED"
        )
        policies = [
            aoss.CfnSecurityPolicy(scope, f"Encryption{fingerprint}", name=name, type="encryption",
                                   policy=json.dumps({"Rules": [_rule(name)], "AWSOwnedKey": True})),
            aoss.CfnSecurityPolicy(scope, f"Network{fingerprint}", name=name, type="network",
                                   policy=json.dumps([{"Rules": [_rule(name)], "AllowFromPublic": True}])),
            # The index is made by CloudFormation itself, whose role needs the data's permissions for that.
            aoss.CfnAccessPolicy(scope, f"Access{fingerprint}", name=name, type="data",
                                 policy=stack.to_json_string(_access(name, [role.role_arn, _deployer(stack)]))),
        ]  # fmt: skip
        for policy in policies:
            self._collection.add_resource_dependency(policy)
        self._index = aoss.CfnIndex(
            scope,
            f"Index{fingerprint}",
            collection_endpoint=self._collection.attr_collection_endpoint,
            index_name=name,
            settings=aoss.CfnIndex.IndexSettingsProperty(index=aoss.CfnIndex.IndexProperty(knn=True)),
            mappings=aoss.CfnIndex.MappingsProperty(properties=_mappings(dimensions)),
        )
        self._name = name

    @property
    def configuration(self) -> bedrock.CfnKnowledgeBase.StorageConfigurationProperty:
        """What the Knowledge Base is told."""
        fields = _Base.OpenSearchServerlessFieldMappingProperty(
            vector_field=_VECTOR, text_field=TEXT, metadata_field=METADATA
        )
        return _Base.StorageConfigurationProperty(
            type="OPENSEARCH_SERVERLESS",
            opensearch_serverless_configuration=_Base.OpenSearchServerlessConfigurationProperty(
                collection_arn=self._collection.attr_arn, vector_index_name=self._name, field_mapping=fields
            ),
        )

    @property
    def needs(self) -> Sequence[IDependable]:
        """What has to be there before the Knowledge Base is."""
        return (self._index,)

    def let(self, role: iam.Role) -> None:
        """Bedrock reads and writes this one collection; what within it, its access policy says."""
        role.add_to_policy(iam.PolicyStatement(actions=["aoss:APIAccessAll"], resources=[self._collection.attr_arn]))


def _rule(name: str) -> dict[str, Any]:
    return {"ResourceType": "collection", "Resource": [f"collection/{name}"]}


def _access(name: str, principals: Sequence[str]) -> list[dict[str, Any]]:
    index = [f"aoss:{action}" for action in ("CreateIndex", "DeleteIndex", "DescribeIndex", "UpdateIndex")]
    documents = ["aoss:ReadDocument", "aoss:WriteDocument"]
    rule = {"ResourceType": "index", "Resource": [f"index/{name}/*"], "Permission": [*index, *documents]}
    collection = {**_rule(name), "Permission": ["aoss:DescribeCollectionItems"]}
    return [{"Rules": [rule, collection], "Principal": list(principals)}]


def _deployer(stack: cdk.Stack) -> str:
    """CloudFormation's role of the CDK bootstrap."""
    qualifier = getattr(stack.synthesizer, "bootstrap_qualifier", None) or "hnb659fds"
    name = f"cdk-{qualifier}-cfn-exec-role-{stack.account}-{stack.region}"
    return stack.format_arn(service="iam", region="", resource="role", resource_name=name)


def _mappings(dimensions: int) -> dict[str, aoss.CfnIndex.PropertyMappingProperty]:
    mapping = aoss.CfnIndex.PropertyMappingProperty
    method = aoss.CfnIndex.MethodProperty(name="hnsw", engine="faiss", space_type="l2")
    return {
        _VECTOR: mapping(type="knn_vector", dimension=dimensions, method=method),
        TEXT: mapping(type="text", index=True),
        METADATA: mapping(type="text", index=False),
    }
