"""Documents of a bulk run's source, read before the run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.object_store import ObjectMissingError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_GONE = frozenset({"NoSuchKey", "404"})
_REFUSED = {
    "AccessDenied": "may not be read; add the bucket to the setting bulk_sources and deploy, and let the bucket's own "
    "policy, and the key that encrypts it, allow this account",
    "403": "may not be read; add the bucket to the setting bulk_sources and deploy",
    "InvalidObjectState": "is archived; restore the documents first",
    "PermanentRedirect": "lies in another Region; deploy there, or copy the documents",
    "NoSuchBucket": "lies in a bucket that does not exist; correct its name",
}


class S3SampleDocuments:
    """`SampleDocuments`."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def content(self, entry: Entry) -> bytes:
        """What is larger than a document may be is cut: a list does not tell how large things are."""
        try:
            answer = self._client.get_object(Bucket=entry.bucket, Key=entry.key)
        except ClientError as error:
            code = str(error.response["Error"].get("Code", ""))
            if code in _GONE:
                raise ObjectMissingError(entry.key) from error
            if code in _REFUSED:
                detail = f"s3://{entry.bucket}/{entry.key} {_REFUSED[code]}"
                raise InvalidInputError(detail, errors=(FieldError("/source", detail),)) from error
            raise
        return answer["Body"].read(LARGEST_DOCUMENT_BYTES)
