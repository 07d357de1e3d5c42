"""Lets a tenant upload a document into its own folder of the inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.shared.domain.dropped_object import DroppedObject, inbox_key
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.domain.upload import UploadForm, UploadRequest, UploadSigner, check_upload

# S3 looks at the clock when an upload begins; a function's own credentials live longer than this.
VALID = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class UploadPermit:
    """Where the document will be, under which id it will be found, and how to upload it until when."""

    document_id: str
    key: str
    form: UploadForm
    expires_at: datetime


class RequestUpload:
    """Nothing is stored and nothing costs anything before the upload, whose event starts the summary."""

    def __init__(self, *, signer: UploadSigner, bucket: str, now: Callable[[], datetime] = utc_now) -> None:
        self._signer = signer
        self._bucket = bucket
        self._now = now

    def permit(self, tenant: str, request: UploadRequest) -> UploadPermit:
        """`tenant` is the authenticated caller's. Raises InvalidInputError before anything is signed."""
        check_upload(tenant, request)
        key = inbox_key(tenant, request.name)
        until = self._now() + VALID
        return UploadPermit(
            document_id=DroppedObject(self._bucket, key, version_id="", sequencer="", size=0).document_id,
            key=key,
            form=self._signer.sign(key, request, until=until),
            expires_at=until,
        )
