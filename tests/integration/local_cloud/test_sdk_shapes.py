"""The dialect of Step Functions' SDK tasks, by botocore's shapes."""

from __future__ import annotations

import datetime
import io

import botocore.session
import pytest

from local.cloud.seams.sdk_shapes import pascal_case, to_request, to_result


def shapes(service, operation):
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    return model.input_shape, model.output_shape


@pytest.mark.parametrize(
    ("name", "expected"),
    [("jobArn", "JobArn"), ("ETag", "ETag"), ("VersionId", "VersionId"), ("DBInstances", "DbInstances"), ("a", "A")],
)
def test_members_are_pascal_case(name, expected):
    assert pascal_case(name) == expected


def test_a_request_is_renamed_to_the_leaf():
    asked = {"ModelId": "m", "Messages": [{"Role": "user", "Content": [{"Text": "x"}]}]}
    assert to_request(asked, shapes("bedrock-runtime", "Converse")[0]) == {
        "modelId": "m",
        "messages": [{"role": "user", "content": [{"text": "x"}]}],
    }


def test_documents_keep_their_keys_and_texts_become_json():
    asked = {"ModelId": "m", "AdditionalModelRequestFields": {"TopK": 1}}
    assert to_request(asked, shapes("bedrock-runtime", "Converse")[0])["additionalModelRequestFields"] == {"TopK": 1}
    stored = to_request({"Bucket": "b", "Key": "k", "Body": {"a": [1]}}, shapes("s3", "PutObject")[0])
    assert stored == {"Bucket": "b", "Key": "k", "Body": b'{"a":[1]}'}


def test_attribute_values_of_dynamodb_stay_as_they_are():
    item = {"pk": {"S": "1"}, "m": {"M": {"x": {"BOOL": True}}}}
    assert to_request({"TableName": "t", "Item": item}, shapes("dynamodb", "PutItem")[0])["Item"] == item
    assert to_result({"Item": item}, shapes("dynamodb", "GetItem")[1]) == {"Item": item}


def test_an_answer_has_iso_times_and_texts():
    when = datetime.datetime(2026, 11, 21, 8, 0, tzinfo=datetime.UTC)
    answer = {"Body": io.BytesIO(b"text"), "LastModified": when, "Metadata": {"owner-name": "x"}}
    assert to_result(answer, shapes("s3", "GetObject")[1]) == {
        "Body": "text",
        "LastModified": "2026-11-21T08:00:00.000Z",
        "Metadata": {"owner-name": "x"},
    }
