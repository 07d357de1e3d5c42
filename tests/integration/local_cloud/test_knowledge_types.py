"""Knowledge Bases and data sources as CloudFormation makes them."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from local.bedrock import install
from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.bedrock.knowledge.directory import DIRECTORY
from local.clock import set_time_scale
from local.cloud import Cloud
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse, inline


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


def test_vectors_stand_in_the_index_too_and_go_with_their_document(cloud: Cloud) -> None:
    install(EmbeddedBrain(piece_ms=1))
    vectors = cloud.client("s3vectors")
    vectors.create_vector_bucket(vectorBucketName="knowledge-vectors")
    keys = {"nonFilterableMetadataKeys": ["AMAZON_BEDROCK_TEXT", "AMAZON_BEDROCK_METADATA"]}
    index = {"vectorBucketName": "knowledge-vectors", "indexName": "passages"}
    arn = vectors.create_index(
        **index, dataType="float32", dimension=512, distanceMetric="cosine", metadataConfiguration=keys
    )["indexArn"]
    set_time_scale(1000)
    try:
        storage = {"type": "S3_VECTORS", "s3VectorsConfiguration": {"indexArn": arn}}
        house = KnowledgeHouse(cloud.client, "mirrored", storage=storage)
        assert house.ingest(inline("one", "Moss grows on the north side.", tenant="acme"))[0]["status"] == "INDEXED"
        (stored,) = vectors.list_vectors(**index, returnMetadata=True)["vectors"]
        assert stored["metadata"]["AMAZON_BEDROCK_TEXT"] == "Moss grows on the north side."
        assert stored["metadata"]["tenant"] == "acme"
        (failed,) = house.ingest(inline("two", "Text.", note="x" * 2000))
        assert (failed["status"], "2048 bytes" in failed["statusReason"]) == ("FAILED", True)
        house.delete("one")
        assert vectors.list_vectors(**index)["vectors"] == []
    finally:
        set_time_scale(1)


def test_a_collection_of_opensearch_serverless_has_names_and_no_search(cloud: Cloud) -> None:
    resources = {
        "Policy": {"Type": "AWS::OpenSearchServerless::SecurityPolicy", "Properties": {"Name": "p", "Type": "network"}},
        "Collection": {"Type": "AWS::OpenSearchServerless::Collection", "Properties": {"Name": "c"}},
    }
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Collection", "Arn"]}}}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    stack = cloudformation_backends[cloud.account][cloud.region].create_stack("search", body, {}, tags={})
    assert next(each.value for each in stack.output_map.values()).startswith("arn:aws:aoss:us-east-1:")
