"""Forms from POST /documents work against the local S3, and only within their policy."""

from __future__ import annotations

import base64
import datetime
import json
import urllib.error
import urllib.request
import uuid

import pytest

from local.cloud import Cloud
from local.cloud.seams.upload_forms import RefusedFormError, check_form

BODY = b"Herons nest in alders."


@pytest.fixture
def bucket(cloud: Cloud) -> str:
    name = f"forms-{uuid.uuid4().hex[:8]}"
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def form_for(cloud: Cloud, bucket: str, key: str, *, seconds: int = 60):
    content_type = {"Content-Type": "text/plain"}
    return cloud.client("s3").generate_presigned_post(
        bucket,
        key,
        Fields=dict(content_type),
        Conditions=[content_type, ["content-length-range", len(BODY), len(BODY)]],
        ExpiresIn=seconds,
    )


def post(form, body: bytes = BODY, **changes: str) -> tuple[int, str]:
    """As browsers and curl send a form: the file in the last field."""
    boundary = uuid.uuid4().hex
    parts = []
    for name, value in {**form["fields"], **changes}.items():
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="any.txt"\r\n'
    parts.append(head.encode() + b"Content-Type: text/plain\r\n\r\n" + body + f"\r\n--{boundary}--\r\n".encode())
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(form["url"], b"".join(parts), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("key", ["inbox/acme/a b.txt", "inbox/acme/한국어 %2F 🪨.txt"])
def test_an_upload_within_the_policy_is_stored(cloud: Cloud, bucket: str, key: str) -> None:
    status, text = post(form_for(cloud, bucket, key))
    assert status == 204, text
    assert cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == BODY


@pytest.mark.parametrize(
    ("body", "changes", "status", "code"),
    [
        (BODY + b"!", {}, 400, "EntityTooLarge"),
        (BODY[:-1], {}, 400, "EntityTooSmall"),
        (BODY, {"key": "inbox/globex/a.txt"}, 403, "Policy Condition failed"),
        (BODY, {"Content-Type": "text/html"}, 403, "Policy Condition failed"),
        (BODY, {"x-amz-meta-more": "1"}, 403, "Extra input fields: x-amz-meta-more"),
        (BODY, {"policy": "e30"}, 400, "InvalidPolicyDocument"),
    ],
)
def test_an_upload_outside_of_it_is_refused(
    cloud: Cloud, bucket: str, body: bytes, changes: dict[str, str], status: int, code: str
) -> None:
    answered, text = post(form_for(cloud, bucket, "inbox/acme/a.txt"), body, **changes)
    assert (answered, code in text) == (status, True), text
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=bucket)


def test_a_form_without_a_policy_is_refused(cloud: Cloud, bucket: str) -> None:
    form = {"url": f"{cloud.endpoint_url}/{bucket}", "fields": {"key": "a.txt"}}
    assert post(form)[0] == 403


def test_a_policy_that_has_expired_is_refused(cloud: Cloud, bucket: str) -> None:
    status, text = post(form_for(cloud, bucket, "a.txt", seconds=-1))
    assert status == 403 and "Policy expired" in text


def test_conditions_may_be_about_the_beginning_of_a_field() -> None:
    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)).isoformat()
    policy = {"expiration": soon, "conditions": [["starts-with", "$key", "inbox/"], {"bucket": "b"}]}
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    check_form({"key": "inbox/a.txt", "policy": encoded}, bucket="b", size=1)
    for form, bucket in (({"key": "mail/a.txt"}, "b"), ({"key": "inbox/a.txt"}, "c")):
        with pytest.raises(RefusedFormError):
            check_form({**form, "policy": encoded}, bucket=bucket, size=1)
