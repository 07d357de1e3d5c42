"""Requests as AWS SDKs make them are told apart by service, operation and calling function."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest

from local.faults.api_call import api_call


class SeenError(Exception):
    """Stops a request before it is sent."""


def environ_of(service: str, method: str, **parameters: Any) -> dict[str, Any]:
    """The WSGI environment of what boto3 would send."""
    seen: list[Any] = []

    def stop(request: Any, **_: Any) -> None:
        seen.append(request)
        raise SeenError

    key = {"aws_access_key_id": "local_ChatTurn_0123abcd", "aws_secret_access_key": "x"}
    client = boto3.client(service, endpoint_url="http://127.0.0.1:4566", **key)
    client.meta.events.register("before-send", stop)
    with pytest.raises(SeenError):
        getattr(client, method)(**parameters)
    request = seen[0]
    url = urlsplit(request.url)
    text = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()}
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in text.items()}
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    return {
        **headers,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(url.path).encode().decode("latin-1"),
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }


MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]
JOB = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghij12"
PART = {"Bucket": "one", "Key": "a/b", "UploadId": "u", "PartNumber": 1, "Body": b"x"}


@pytest.mark.parametrize(
    ("service", "method", "parameters", "operation"),
    [
        ("bedrock", "get_model_invocation_job", {"jobIdentifier": JOB}, "GetModelInvocationJob"),
        ("bedrock", "stop_model_invocation_job", {"jobIdentifier": JOB}, "StopModelInvocationJob"),
        ("bedrock", "list_model_invocation_jobs", {"maxResults": 5}, "ListModelInvocationJobs"),
        ("bedrock-runtime", "converse", {"modelId": "amazon.nova-lite-v1:0", "messages": MESSAGES}, "Converse"),
        ("bedrock-runtime", "converse_stream", {"modelId": "m.n-v1:0", "messages": MESSAGES}, "ConverseStream"),
        (
            "bedrock-runtime",
            "converse",
            {"modelId": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "messages": MESSAGES},
            "Converse",
        ),
        ("bedrock", "list_foundation_models", {}, "ListFoundationModels"),
        ("dynamodb", "put_item", {"TableName": "t", "Item": {}}, "PutItem"),
        ("sqs", "send_message", {"QueueUrl": "http://127.0.0.1/1/q", "MessageBody": "x"}, "SendMessage"),
        ("stepfunctions", "start_execution", {"stateMachineArn": "arn"}, "StartExecution"),
        ("events", "put_events", {"Entries": [{"Source": "probe"}]}, "PutEvents"),
        ("lambda", "invoke", {"FunctionName": "f"}, "Invoke"),
        ("sts", "get_caller_identity", {}, "GetCallerIdentity"),
        ("s3", "put_object", {"Bucket": "one", "Key": "a/b c/한.txt", "Body": b"x"}, "PutObject"),
        ("s3", "get_object", {"Bucket": "one", "Key": "a"}, "GetObject"),
        ("s3", "head_object", {"Bucket": "one", "Key": "a/"}, "HeadObject"),
        ("s3", "copy_object", {"Bucket": "one", "Key": "a", "CopySource": "one/b"}, "CopyObject"),
        ("s3", "upload_part", PART, "UploadPart"),
        ("s3", "list_objects_v2", {"Bucket": "one"}, "ListObjectsV2"),
        ("s3", "list_buckets", {}, "ListBuckets"),
    ],
)  # fmt: skip
def test_an_sdk_s_request_is_recognized(service: str, method: str, parameters: Any, operation: str) -> None:
    call = api_call(environ_of(service, method, **parameters))
    assert (call.service, call.operation) == (service, operation)
    assert (call.function, call.process) == ("ChatTurn", "0123abcd")


def test_a_form_can_still_be_read() -> None:
    environ = environ_of("sts", "get_caller_identity")
    api_call(environ)
    assert b"Action=GetCallerIdentity" in environ["wsgi.input"].read()


def test_a_bedrock_key_and_plain_curl_are_recognized() -> None:
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/model/amazon.nova-lite-v1:0/converse", "QUERY_STRING": "",
        "HTTP_AUTHORIZATION": "Bearer abc", "HTTP_USER_AGENT": "curl/8",
    }  # fmt: skip
    call = api_call(environ)
    assert (call.service, call.operation, call.function) == ("bedrock-runtime", "Converse", "")
