"""Permissions to upload documents: POST /documents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.documents.schema import UploadBody, upload_answer
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.s3_upload_signer import S3UploadSigner
from lambdas.shared.domain.upload import UploadRequest
from lambdas.shared.runtime.http import Request, Response, decode_body, http_handler, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.request_upload import RequestUpload


@dataclass(frozen=True, slots=True)
class Settings:
    documents_bucket: str


@cache
def build_service() -> RequestUpload:
    bucket = load_settings(Settings).documents_bucket
    return RequestUpload(signer=S3UploadSigner(aws_clients.s3_signer(), bucket=bucket), bucket=bucket)


def request_upload(request: Request) -> Response:
    """201 with the form to post; the folder is the caller's tenant's, whatever the name says."""
    body = decode_body(request, UploadBody)
    wanted = UploadRequest(name=body.name, size=body.size, content_type=body.content_type)
    return json_response(upload_answer(build_service().permit(request.caller.tenant, wanted)), status=201)


handler = http_handler({("POST", "/documents"): request_upload}, scope="documents")
