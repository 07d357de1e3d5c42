"""An object that is written piece by piece, in memory that is bounded: small ones in one put, large ones in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Above S3's smallest part (5 MiB); 10,000 of them are far more than a job's input may be.
_PART_BYTES = 16 * 1024 * 1024


class S3Upload:
    """A `ByteSink`. Nothing is to be seen of the object until `complete`."""

    def __init__(self, client: S3Client, *, bucket: str, key: str, content_type: str) -> None:
        self._client = client
        self._place: Any = {"Bucket": bucket, "Key": key}
        self._type = content_type
        self._waiting = bytearray()
        self._upload_id = ""
        self._parts: list[Any] = []

    def write(self, content: memoryview | bytes, /) -> None:
        """Take all of it."""
        self._waiting += content
        if len(self._waiting) >= _PART_BYTES:
            self._send_part()

    def complete(self) -> None:
        """Make the object of all that was written."""
        if not self._upload_id:
            self._client.put_object(**self._place, Body=bytes(self._waiting), ContentType=self._type)
            return
        if self._waiting:
            self._send_part()
        self._client.complete_multipart_upload(
            **self._place, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )

    def abort(self) -> None:
        """Forget what was written. Whoever dies before leaves parts that the bucket's lifecycle removes."""
        if self._upload_id:
            self._client.abort_multipart_upload(**self._place, UploadId=self._upload_id)

    def _send_part(self) -> None:
        if not self._upload_id:
            started = self._client.create_multipart_upload(**self._place, ContentType=self._type)
            self._upload_id = started["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(
            **self._place, UploadId=self._upload_id, PartNumber=number, Body=bytes(self._waiting)
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._waiting.clear()
