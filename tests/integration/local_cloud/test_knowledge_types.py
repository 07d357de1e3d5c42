"""Knowledge Bases and data sources as CloudFormation makes them."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from local.bedrock.knowledge.directory import DIRECTORY
from local.cloud import Cloud


def template(chunking: dict[str, Any]) -> dict[str, Any]:
    vector = {
        "EmbeddingModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0",
        "EmbeddingModelConfiguration": {"BedrockEmbeddingModelConfiguration": {"Dimensions": 256}},
    }
    base = {
        "Name": "from-the-template",
        "RoleArn": "arn:aws:iam::123456789012:role/knowledge",
        "KnowledgeBaseConfiguration": {"Type": "VECTOR", "VectorKnowledgeBaseConfiguration": vector},
        "StorageConfiguration": {
            "Type": "S3_VECTORS",
            "S3VectorsConfiguration": {"IndexArn": "arn:aws:s3vectors:us-east-1:123456789012:bucket/b/index/i"},
        },
    }
    source = {
        "Name": "documents",
        "KnowledgeBaseId": {"Ref": "Base"},
        "DataSourceConfiguration": {"Type": "CUSTOM"},
        "VectorIngestionConfiguration": {"ChunkingConfiguration": chunking},
    }
    return {
        "Resources": {
            "Base": {"Type": "AWS::Bedrock::KnowledgeBase", "Properties": base},
            "Source": {"Type": "AWS::Bedrock::DataSource", "Properties": source},
        },
        "Outputs": {
            "Arn": {"Value": {"Fn::GetAtt": ["Base", "KnowledgeBaseArn"]}},
            "SourceId": {"Value": {"Fn::GetAtt": ["Source", "DataSourceId"]}},
        },
    }


def test_the_template_makes_them_with_their_chunking(cloud: Cloud) -> None:
    chunking = {
        "ChunkingStrategy": "FIXED_SIZE",
        "FixedSizeChunkingConfiguration": {"MaxTokens": 100, "OverlapPercentage": 10},
    }
    backend = cloudformation_backends[cloud.account][cloud.region]
    stack = backend.create_stack("knowledge", json.dumps(template(chunking)), {}, tags={})
    outputs = {each.key: each.value for each in stack.output_map.values()}
    base = DIRECTORY.knowledge_base(outputs["Arn"])
    source = DIRECTORY.data_source(base.knowledge_base_id, outputs["SourceId"])
    assert base.embedding_model == "amazon.titan-embed-text-v2:0"
    assert source.chunking["fixedSizeChunkingConfiguration"] == {"maxTokens": 100, "overlapPercentage": 10}
