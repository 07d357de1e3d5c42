"""Bad requests get Bedrock's own errors; the wire is also tried without boto3's client-side checks."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

MODEL = "amazon.nova-lite-v1:0"
STRICT = "us.anthropic.claude-strict-v1:0"
PICKY = "amazon.nova-picky-v1:0"
HI = {"role": "user", "content": [{"text": "Hi"}]}
YES = {"role": "assistant", "content": [{"text": "Yes"}]}


def refused(runtime: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        runtime.converse(**{"modelId": MODEL, "messages": [HI], **request})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(caught.value.response["Error"]["Message"])


def post(
    endpoint: str, path: str, body: bytes, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    connection.request("POST", path, body=body, headers=headers or {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, json.loads(data)


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([], "must start with a user message"),
        ([YES], "must start with a user message"),
        ([HI, HI], "must alternate"),
        ([HI, YES, YES], "must alternate"),
        ([{"role": "user", "content": []}], "messages.0 is empty"),
        ([HI, YES, {"role": "user", "content": [{"text": "a"}, {"text": " \n"}]}], "messages.2.content.1 is blank"),
        ([{"role": "robot", "content": [{"text": "a"}]}], "enum value set: \\[user, assistant, system\\]"),
        ([{"role": "user", "content": [{"document": {"name": "d", "source": {"text": "x"}}}]}], "needs a text block"),
    ],
)
def test_conversations_that_are_none(runtime: Any, messages: list[Any], complaint: str) -> None:
    assert re.search(complaint, refused(runtime, messages=messages))


@pytest.mark.parametrize(
    ("inference", "complaint"),
    [({"temperature": 1.5}, "less than or equal to 1"), ({"topP": 2.0}, "less than or equal to 1")],
)
def test_parameters_beyond_their_bounds(runtime: Any, inference: dict[str, Any], complaint: str) -> None:
    assert complaint in refused(runtime, inferenceConfig=inference)


@pytest.mark.parametrize(
    ("model", "request_", "complaint"),
    [
        (STRICT, {"inferenceConfig": {"temperature": 0.5}}, "`temperature` is not supported"),
        (STRICT, {"inferenceConfig": {"topP": 0.5, "temperature": 0.1}}, "`temperature`, `top_p` is not supported"),
        (STRICT, {"additionalModelRequestFields": {"top_k": 5}}, "extraneous key [top_k]"),
        (STRICT, {"inferenceConfig": {"stopSequences": ["x"]}}, "stopSequences is not supported"),
        (STRICT, {"inferenceConfig": {"maxTokens": 101}}, "exceeds the model limit of 100"),
        (STRICT, {"system": [{"text": "Be kind."}]}, "system role"),
        (STRICT, {"messages": [HI, YES]}, "prefill"),
        (STRICT, {"messages": [{"role": "user", "content": [{"text": "long " * 6000}]}]}, "too long"),
        (PICKY, {"inferenceConfig": {"topP": 0.5, "temperature": 0.1}}, "cannot both be specified"),
        (PICKY, {"additionalModelRequestFields": {"top_k": 5}}, "extraneous key [top_k]"),
        ("amazon.titan-embed-text-v2:0", {}, "doesn't support the model"),
    ],
)
def test_what_a_model_does_not_take(runtime: Any, model: str, request_: dict[str, Any], complaint: str) -> None:
    assert complaint in refused(runtime, modelId=model, **request_)


def test_what_a_model_takes(runtime: Any) -> None:
    runtime.converse(
        modelId=PICKY,
        messages=[HI],
        inferenceConfig={"temperature": 0.1},
        additionalModelRequestFields={"inferenceConfig": {"topK": 5}},
    )
    runtime.converse(modelId=MODEL, messages=[HI], additionalModelRequestFields={"top_k": 5})


def test_a_schema_where_the_model_has_no_structured_output(runtime: Any) -> None:
    text_format = {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}
    assert "Extra inputs" in refused(runtime, modelId=STRICT, outputConfig={"textFormat": text_format})


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"Action=Delete&x=y", "not valid JSON"),
        (b'{"messages": 5}', "Invalid type for parameter messages"),
        (b'{"messages": [{"role": "user"}]}', "Missing required parameter in messages\\[0\\]: \"content\""),
        (b'{"messages": [{"role": "user", "content": [{"text": 1}]}]}', "messages\\[0\\].content\\[0\\].text"),
        (b'{"messages": [], "inferenceConfig": {"maxTokens": 0}}', "inferenceConfig.maxTokens"),
        (b'{"messages": [], "surprise": 1}', "Unknown parameter in input: \"surprise\""),
        (b'{"messages": [{"role":"user","content":[{"text":"a"},{"image":{"format":"png","source":{"bytes":"%%"}}}]}]}',
         "not valid base64"),
    ],
)  # fmt: skip
def test_bodies_that_no_client_would_send(endpoint: str, body: bytes, complaint: str) -> None:
    for verb in ("converse", "converse-stream"):
        status, headers, answer = post(endpoint, f"/model/{MODEL}/{verb}", body)
        assert status == 400
        assert headers["x-amzn-errortype"] == answer["__type"] == "ValidationException"
        assert re.search(complaint, answer["message"]), answer["message"]


def test_null_members_are_absent_members(endpoint: str) -> None:
    body = json.dumps({"messages": [HI], "system": None, "inferenceConfig": {"maxTokens": None}}).encode()
    assert post(endpoint, f"/model/{MODEL}/converse", body)[0] == 200


def test_a_model_id_that_is_none(runtime: Any) -> None:
    assert "model identifier is invalid" in refused(runtime, modelId="two words")


def test_operations_that_are_not_emulated_say_so(runtime: Any) -> None:
    with pytest.raises(ClientError, match="does not emulate POST /async-invoke"):
        runtime.start_async_invoke(
            modelId=MODEL, modelInput={"x": 1}, outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://bucket/x"}}
        )
