"""S3's POST policy: an upload by a form is held against the policy in it. Signatures are not checked locally.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from moto.s3.responses import S3Response

from local.cloud.seams.patching import SeamMovedError, replace

_LENGTH = "content-length-range"
# A form need not say in its policy what these are.
_FREE = {"policy", "x-amz-signature", "file", "submit", "awsaccesskeyid", "signature"}
_SIZES = {
    "EntityTooSmall": "Your proposed upload is smaller than the minimum allowed size",
    "EntityTooLarge": "Your proposed upload exceeds the maximum allowed size",
}


class RefusedFormError(Exception):
    """S3's code; the message is S3's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_form(form: Mapping[str, str], *, bucket: str, size: int) -> None:
    """Raises RefusedFormError unless the form's policy allows exactly this form and a file of `size` bytes."""
    policy = _policy(form)
    if datetime.datetime.fromisoformat(policy["expiration"]) <= datetime.datetime.now(datetime.UTC):
        raise _denied("Policy expired.")
    given = {name.lower(): value for name, value in form.items()} | {"bucket": bucket}
    named = set()
    for condition in map(_listed, policy["conditions"]):
        if str(condition[0]).lower() == _LENGTH:
            _check_size(size, low=int(condition[1]), high=int(condition[2]))
            continue
        how, field, value = (str(part) for part in condition)
        name = field.removeprefix("$").lower()
        named.add(name)
        holds = given.get(name, "").startswith(value) if how == "starts-with" else given.get(name) == value
        if not holds:
            raise _denied(f"Policy Condition failed: {json.dumps([how, field, value])}")
    extra = [name for name in given if name not in named | _FREE and not name.startswith("x-ignore-")]
    if extra:
        raise _denied(f"Extra input fields: {', '.join(sorted(extra))}")


def _policy(form: Mapping[str, str]) -> Any:
    if "policy" not in form:
        raise RefusedFormError("AccessDenied", "Access Denied")
    try:
        return json.loads(base64.b64decode(form["policy"], validate=True))
    except (ValueError, binascii.Error) as error:
        raise RefusedFormError("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from error


def _listed(condition: Any) -> list[Any]:
    """`{"key": "a"}` is another way to write `["eq", "$key", "a"]`."""
    if isinstance(condition, list):
        return condition
    ((name, value),) = condition.items()
    return ["eq", f"${name}", value]


def _check_size(size: int, *, low: int, high: int) -> None:
    code = "EntityTooSmall" if size < low else "EntityTooLarge" if size > high else ""
    if code:
        raise RefusedFormError(code, _SIZES[code])


def _denied(reason: str) -> RefusedFormError:
    return RefusedFormError("AccessDenied", f"Invalid according to Policy: {reason}")


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    def post(self: Any, request: Any, bucket_name: str) -> Any:
        if "key" in self.form_data:
            body = self.body.encode() if isinstance(self.body, str) else self.body
            try:
                check_form(self.form_data, bucket=bucket_name, size=len(body))
            except RefusedFormError as refused:
                text = f"<Code>{refused.code}</Code><Message>{escape(str(refused))}</Message>"
                status = 403 if refused.code == "AccessDenied" else 400
                return status, {"content-type": "application/xml"}, f"<Error>{text}</Error>"
        return original(self, request, bucket_name)

    return post


@cache
def install() -> None:
    """Wrap moto's handling of forms."""
    if not hasattr(S3Response, "setup_class"):
        raise SeamMovedError("moto has moved S3Response.setup_class, which reads the form")
    replace(S3Response, "_bucket_response_post", _checked)
