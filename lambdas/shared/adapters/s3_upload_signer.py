"""Permissions to upload as S3's presigned POST: a form whose policy S3 itself enforces.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.domain.upload import UploadForm, UploadRequest

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CONTENT_TYPE = "Content-Type"


class S3UploadSigner:
    """`UploadSigner` with the credentials of `client`, which signs by Signature Version 4 and sends nothing. They need
    s3:PutObject on the key when the form is used."""

    def __init__(self, client: S3Client, *, bucket: str, now: Callable[[], datetime] = utc_now) -> None:
        self._client = client
        self._bucket = bucket
        self._now = now

    def sign(self, key: str, request: UploadRequest, *, until: datetime) -> UploadForm:
        exactly: list[Any] = ["content-length-range", request.size, request.size]
        content_type = {_CONTENT_TYPE: request.content_type}
        made = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields=dict(content_type),
            Conditions=[content_type, exactly],
            ExpiresIn=int((until - self._now()).total_seconds()),
        )
        return UploadForm(url=made["url"], fields=made["fields"])
