"""The Knowledge Base: what it is made of, who may do what, and what a changed setting replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.settings import SettingsError
from tests.infrastructure.assembly import Assembly, Resource, app_with, settings_with, synthesize, text_of
from tests.infrastructure.test_least_privilege import permissions

REPLACED = ("AWS::S3Vectors::Index", "AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::DataSource")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Another chunking, smaller vectors, and the store that costs money by the hour."""
    chunking = {**settings_with()["knowledge_chunking"], "strategy": "hierarchical"}
    settings = settings_with(
        knowledge_chunking=chunking, knowledge_dimensions=256, vector_store="opensearch_serverless"
    )
    return synthesize(tmp_path_factory.mktemp("knowledge") / "out", settings)


def only(assembly: Assembly, kind: str) -> Resource:
    (found,) = assembly.of(kind)
    return found


def test_vectors_lie_in_an_index_whose_text_does_not_count_as_filterable(assembly: Assembly) -> None:
    index = only(assembly, "AWS::S3Vectors::Index").properties
    assert (index["DataType"], index["Dimension"], index["DistanceMetric"]) == ("float32", 1024, "cosine")
    keys = index["MetadataConfiguration"]["NonFilterableMetadataKeys"]
    assert keys == ["AMAZON_BEDROCK_TEXT", "AMAZON_BEDROCK_METADATA"]
    assert "IndexName" not in index and "VectorBucketArn" in text_of(index["VectorBucketArn"])


def test_the_index_holds_copies_and_goes_with_its_knowledge_base(assembly: Assembly) -> None:
    assert only(assembly, "AWS::S3Vectors::Index").body["DeletionPolicy"] == "Delete"
    assert only(assembly, "AWS::Bedrock::DataSource").properties["DataDeletionPolicy"] == "RETAIN"


def test_documents_are_handed_over_and_chunked_as_the_settings_say(assembly: Assembly, other: Assembly) -> None:
    source = only(assembly, "AWS::Bedrock::DataSource").properties
    assert source["DataSourceConfiguration"] == {"Type": "CUSTOM"}
    assert source["VectorIngestionConfiguration"]["ChunkingConfiguration"] == {
        "ChunkingStrategy": "FIXED_SIZE",
        "FixedSizeChunkingConfiguration": {"MaxTokens": 300, "OverlapPercentage": 20},
    }
    changed = only(other, "AWS::Bedrock::DataSource").properties["VectorIngestionConfiguration"]
    assert changed["ChunkingConfiguration"]["HierarchicalChunkingConfiguration"] == {
        "LevelConfigurations": [{"MaxTokens": 1500}, {"MaxTokens": 300}],
        "OverlapTokens": 60,
    }


def test_the_embedding_model_and_its_dimensions_are_the_settings(assembly: Assembly) -> None:
    base = only(assembly, "AWS::Bedrock::KnowledgeBase").properties
    vector = base["KnowledgeBaseConfiguration"]["VectorKnowledgeBaseConfiguration"]
    assert text_of(vector["EmbeddingModelArn"]).endswith("::foundation-model/amazon.titan-embed-text-v2:0")
    model = vector["EmbeddingModelConfiguration"]["BedrockEmbeddingModelConfiguration"]
    assert model == {"Dimensions": 1024, "EmbeddingDataType": "FLOAT32"}


def test_what_cannot_be_changed_is_replaced_with_its_name(
    assembly: Assembly, other: Assembly, changed: Assembly
) -> None:
    for kind in ("AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::DataSource"):
        before, after = only(assembly, kind), only(other, kind)
        assert before.logical_id != after.logical_id
        assert before.properties["Name"] != after.properties["Name"]
    for kind in REPLACED:
        assert only(assembly, kind).logical_id == only(changed, kind).logical_id, "nothing of it has changed there"


def test_the_role_is_bedrock_s_for_knowledge_bases_of_this_account(assembly: Assembly) -> None:
    role = assembly.at("Knowledge/Role")
    (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert text_of(statement["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":knowledge-base/*")


def test_the_role_embeds_reads_the_folder_and_works_in_its_index_alone(assembly: Assembly) -> None:
    (policy,) = [each for each in assembly.of("AWS::IAM::Policy") if each.path == "Knowledge/Role/DefaultPolicy"]
    allowed: dict[str, set[str]] = {}
    for statement in policy.properties["PolicyDocument"]["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in actions:
            allowed.setdefault(action, set()).add(text_of(statement["Resource"]))
    index = {f"<{only(assembly, 'AWS::S3Vectors::Index').logical_id}>"}
    verbs = ("GetIndex", "QueryVectors", "PutVectors", "GetVectors", "DeleteVectors")
    vectors = {f"s3vectors:{verb}" for verb in verbs}
    assert {action: arns for action, arns in allowed.items() if action in vectors} == dict.fromkeys(vectors, index)
    assert set(allowed) == {*vectors, "bedrock:InvokeModel", "s3:GetObject", "s3:ListBucket"}
    assert all(arn.endswith("/knowledge/*") for arn in allowed["s3:GetObject"])


def test_the_knowledge_base_is_made_after_its_role_may_work(assembly: Assembly) -> None:
    waits = only(assembly, "AWS::Bedrock::KnowledgeBase").body["DependsOn"]
    (policy,) = [each for each in assembly.of("AWS::IAM::Policy") if each.path == "Knowledge/Role/DefaultPolicy"]
    assert policy.logical_id in waits


def test_the_worker_may_do_its_work_and_no_more(assembly: Assembly) -> None:
    documents = {f"bedrock:{verb}KnowledgeBaseDocuments" for verb in ("Ingest", "Get", "Delete")}
    expected = {
        "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "s3:GetObject", "s3:ListBucket",
        "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "bedrock:StartIngestionJob", *documents,
    }  # fmt: skip
    assert set(permissions(assembly, "KnowledgeIngest")) == expected


def test_two_workers_take_batches_and_a_bad_message_comes_back_alone(assembly: Assembly) -> None:
    (source,) = [each for each in assembly.of("AWS::Lambda::EventSourceMapping") if each.stack == "knowledge"]
    assert source.properties["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert (source.properties["BatchSize"], source.properties["MaximumBatchingWindowInSeconds"]) == (10, 2)
    assert source.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = assembly.at("KnowledgeQueue").properties
    assert queue["VisibilityTimeout"] >= 6 * assembly.functions()["knowledge/ingest"].properties["Timeout"]
    assert "KnowledgeDeadLetters" in text_of(queue["RedrivePolicy"]["deadLetterTargetArn"])


def test_only_the_folder_s_events_reach_its_queue(assembly: Assembly) -> None:
    pattern = assembly.at("KnowledgeDropped").properties["EventPattern"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "knowledge/"}]}
    assert pattern["detail-type"] == ["Object Created", "Object Deleted"]


class TestOpenSearchServerless:
    def test_it_is_a_collection_without_standby_replicas(self, other: Assembly) -> None:
        collection = only(other, "AWS::OpenSearchServerless::Collection").properties
        assert (collection["Type"], collection["StandbyReplicas"]) == ("VECTORSEARCH", "DISABLED")
        assert 3 <= len(collection["Name"]) <= 32
        assert other.of("AWS::S3Vectors::Index") == []

    def test_the_knowledge_base_and_its_index_agree_on_the_fields(self, other: Assembly) -> None:
        storage = only(other, "AWS::Bedrock::KnowledgeBase").properties["StorageConfiguration"]
        own = storage["OpensearchServerlessConfiguration"]
        index = only(other, "AWS::OpenSearchServerless::Index").properties
        assert storage["Type"] == "OPENSEARCH_SERVERLESS"
        assert own["VectorIndexName"] == index["IndexName"]
        fields: dict[str, Any] = index["Mappings"]["Properties"]
        assert set(own["FieldMapping"].values()) == set(fields)
        assert fields[own["FieldMapping"]["VectorField"]]["Dimension"] == 256

    def test_only_the_role_and_the_deployment_reach_the_data(self, other: Assembly) -> None:
        policy = only(other, "AWS::OpenSearchServerless::AccessPolicy").properties["Policy"]
        principals = text_of(policy)
        assert "KnowledgeRole" in principals and "cfn-exec-role" in principals and '"*"' not in principals


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"knowledge_base": "off"}, 'quarry.knowledge_base is "off"; use one of: "on", "none"'),
        ({"vector_store": "pinecone"}, "quarry.vector_store"),
        ({"knowledge_dimensions": 1000}, "makes vectors of: 1024, 512, 256"),
        ({"knowledge_embedding_model": "us.cohere.embed-v4:0"}, "without a profile in front"),
        ({"knowledge_embedding_model": "amazon.nova-lite-v1:0"}, "name one for embedding"),
        ({"knowledge_chunking": {"strategy": "hierarchical", "parent_tokens": 300}}, "it must be above max_tokens"),
        ({"knowledge_chunking": {"strategy": "pages"}}, "quarry.knowledge_chunking.strategy"),
        ({"knowledge_chunking": {"overlap_percent": 0}}, "it must be from 1 to 99"),
    ],
)
def test_settings_that_cannot_be_deployed_are_refused(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    from stacks.compiled_catalog import compile_catalog
    from stacks.model_choice import check_models
    from stacks.settings import DeploymentSettings
    from tests.infrastructure.assembly import ROOT

    if isinstance(change.get("knowledge_chunking"), dict):
        change = {"knowledge_chunking": {**settings_with()["knowledge_chunking"], **change["knowledge_chunking"]}}
    with pytest.raises(SettingsError) as caught:
        settings = DeploymentSettings.from_context(app_with(tmp_path, settings_with(**change)))
        check_models(settings, compile_catalog(ROOT))
    assert told in str(caught.value)


def test_without_a_knowledge_base_there_is_no_stack(tmp_path: Path) -> None:
    from stacks.knowledge_stack import KnowledgeStack
    from stacks.settings import DeploymentSettings

    app = app_with(tmp_path, settings_with(knowledge_base="none"))
    settings = DeploymentSettings.from_context(app)
    assert KnowledgeStack.if_wanted(app, settings=settings, storage=None) is None  # type: ignore[arg-type]
    assert json.dumps(settings.knowledge_base) == '"none"'
