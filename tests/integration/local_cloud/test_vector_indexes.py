"""S3 Vectors over the wire: what moto lacks is there, in the shapes of botocore's model."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from moto.s3vectors.models import S3VectorsBackend

from local.cloud.seams.vector_indexes import find_index
from tests.integration.local_cloud.test_resource_types import deployed


@pytest.fixture
def vectors(cloud):
    return cloud.client("s3vectors")


@pytest.fixture
def index_arn(vectors, unique):
    vectors.create_vector_bucket(vectorBucketName=unique)
    return vectors.create_index(
        vectorBucketName=unique,
        indexName="books",
        dataType="float32",
        dimension=2,
        distanceMetric="cosine",
        metadataConfiguration={"nonFilterableMetadataKeys": ["text"]},
    )["indexArn"]


def put(vectors, index_arn, **rows):
    vectors.put_vectors(
        indexArn=index_arn,
        vectors=[
            {"key": key, "data": {"float32": row}, "metadata": {"name": key, "n": 1, "tags": ["a"], "text": "body"}}
            for key, row in rows.items()
        ],
    )


def test_the_probe_vectors_are_put_read_listed_searched_and_deleted(vectors, index_arn, unique):
    put(vectors, index_arn, near=[0.1, 0.0], far=[0.0, 1.0])
    (read,) = vectors.get_vectors(indexArn=index_arn, keys=["near"], returnData=True, returnMetadata=True)["vectors"]
    assert read == {
        "key": "near",
        "data": {"float32": [0.1, 0.0]},
        "metadata": {"name": "near", "n": 1, "tags": ["a"], "text": "body"},
    }
    page = vectors.list_vectors(vectorBucketName=unique, indexName="books", maxResults=1)
    assert [each["key"] for each in page["vectors"]] == ["far"]
    rest = vectors.list_vectors(indexArn=index_arn, nextToken=page["nextToken"])
    assert [each["key"] for each in rest["vectors"]] == ["near"]
    assert "nextToken" not in rest
    question = {"indexArn": index_arn, "queryVector": {"float32": [1.0, 0.0]}, "topK": 2}
    full = vectors.query_vectors(**question, returnDistance=True, returnMetadata=True)
    assert full["distanceMetric"] == "cosine"
    assert [(each["key"], each["distance"]) for each in full["vectors"]] == [("near", 0.0), ("far", 1.0)]
    assert full["vectors"][0]["metadata"]["text"] == "body"
    filtered = vectors.query_vectors(**question, filter={"name": {"$in": ["far"]}})
    assert filtered["vectors"] == [{"key": "far"}]
    vectors.delete_vectors(indexArn=index_arn, keys=["near", "none"])
    assert len(find_index(index_arn)) == 1


def test_an_index_tells_its_configuration_and_goes_with_its_vectors(vectors, index_arn, unique):
    found = vectors.get_index(indexArn=index_arn)["index"]
    assert (found["dimension"], found["distanceMetric"], found["indexName"]) == (2, "cosine", "books")
    assert found["metadataConfiguration"] == {"nonFilterableMetadataKeys": ["text"]}
    assert [each["indexArn"] for each in vectors.list_indexes(vectorBucketName=unique)["indexes"]] == [index_arn]
    with pytest.raises(ClientError, match="not empty"):
        vectors.delete_vector_bucket(vectorBucketName=unique)
    vectors.delete_index(indexArn=index_arn)
    vectors.delete_vector_bucket(vectorBucketName=unique)


def refused(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_refusals_have_the_codes_and_statuses_of_the_service(vectors, index_arn, unique):
    settings = {"vectorBucketName": unique, "dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}
    question = {"indexArn": index_arn, "queryVector": {"float32": [1.0, 0.0]}}
    assert refused(lambda: put(vectors, index_arn, a=[1.0])) == ("ValidationException", 400)
    assert refused(lambda: vectors.query_vectors(**question, topK=101)) == ("ValidationException", 400)
    assert refused(lambda: vectors.query_vectors(**question, topK=1, filter={"text": "a"})) == (
        "ValidationException",
        400,
    )
    assert refused(lambda: vectors.query_vectors(indexArn=index_arn, topK=1)) == ("ValidationException", 400)
    assert refused(lambda: vectors.create_index(**settings, indexName="books")) == ("ConflictException", 409)
    assert refused(lambda: vectors.create_index(**settings, indexName="No such")) == ("ValidationException", 400)
    gone = index_arn.replace("books", "films")
    assert refused(lambda: vectors.get_index(indexArn=gone)) == ("NotFoundException", 404)
    assert refused(lambda: vectors.query_vectors(**{**question, "indexArn": gone}, topK=1)) == (
        "NotFoundException",
        404,
    )


def test_a_bucket_with_a_policy_and_an_index_comes_out_of_a_template(cloud, tmp_path, unique, vectors):
    arn = {"Fn::GetAtt": ["Bucket", "VectorBucketArn"]}
    policy = {"Version": "2012-10-17", "Statement": []}
    resources = {
        "Bucket": {
            "Type": "AWS::S3Vectors::VectorBucket",
            "Properties": {"EncryptionConfiguration": {"SseType": "AES256"}, "Tags": [{"Key": "a", "Value": "b"}]},
        },
        "Policy": {
            "Type": "AWS::S3Vectors::VectorBucketPolicy",
            "Properties": {"VectorBucketArn": arn, "Policy": policy},
        },
        "Index": {
            "Type": "AWS::S3Vectors::Index",
            "Properties": {
                "VectorBucketArn": arn,
                "DataType": "float32",
                "Dimension": 1024,
                "DistanceMetric": "euclidean",
                "MetadataConfiguration": {"NonFilterableMetadataKeys": ["AMAZON_BEDROCK_TEXT"]},
            },
        },
    }
    outputs = {"Bucket": {"Value": arn}, "Index": {"Value": {"Fn::GetAtt": ["Index", "IndexArn"]}}}
    made = deployed(cloud, tmp_path, unique, resources, outputs).outputs
    assert made["Index"].startswith(made["Bucket"] + "/index/")
    assert json.loads(vectors.get_vector_bucket_policy(vectorBucketArn=made["Bucket"])["policy"]) == policy
    assert vectors.list_tags_for_resource(resourceArn=made["Bucket"])["tags"] == {"a": "b"}
    assert find_index(made["Index"]).non_filterable == ("AMAZON_BEDROCK_TEXT",)


def test_what_moto_would_keep_itself_is_not_reached():
    with pytest.raises(NotImplementedError):
        S3VectorsBackend("us-east-1", "1").put_vectors("b", "i", "", [])
