"""What may be uploaded, and where it then lies."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.upload import LARGEST_DOCUMENT_BYTES, UploadForm, UploadRequest
from lambdas.shared.services.request_upload import RequestUpload
from tests.fakes.documents import NOON, dropped


class ScriptedSigner:
    """Keeps what it was asked to sign."""

    def __init__(self) -> None:
        self.signed: list[tuple[str, UploadRequest, datetime]] = []

    def sign(self, key: str, request: UploadRequest, *, until: datetime) -> UploadForm:
        self.signed.append((key, request, until))
        return UploadForm("https://bucket.example", {"key": key})


@pytest.fixture
def signer() -> ScriptedSigner:
    return ScriptedSigner()


@pytest.fixture
def uploads(signer: ScriptedSigner) -> RequestUpload:
    return RequestUpload(signer=signer, bucket="documents", now=lambda: NOON)


def wanted(name: str = "a.pdf", size: int = 10, content_type: str = "application/pdf") -> UploadRequest:
    return UploadRequest(name, size, content_type)


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf",
        "2026/q4/two words & more.txt",
        "한국어 보고서.md",
        "a%2Fb+c.txt",
        "🪨 👩‍🔬.txt",
        "no ending",
        "..hidden.txt",
        "REPORT.PDF",
        "x" * 1009 + ".md",
    ],
)
def test_a_document_goes_into_its_tenants_folder_under_its_own_name(
    uploads: RequestUpload, signer: ScriptedSigner, name: str
) -> None:
    permit = uploads.permit("acme", wanted(name))
    assert permit.key == f"inbox/acme/{name}"
    assert len(permit.key.encode()) <= 1024
    assert permit.document_id == dropped(permit.key).document_id, "the drop will have the same id"
    assert permit.expires_at == NOON + timedelta(minutes=15)
    assert signer.signed == [(permit.key, wanted(name), permit.expires_at)]


@pytest.mark.parametrize(
    ("request_", "pointer", "remedy"),
    [
        (wanted("../globex/a.pdf"), "/name", "must not hold a folder"),
        (wanted("a/../../globex/a.pdf"), "/name", "must not hold a folder"),
        (wanted("a/./b.pdf"), "/name", "must not hold a folder"),
        (wanted("/a.pdf"), "/name", "must neither begin nor end with a slash"),
        (wanted("folder/"), "/name", "must neither begin nor end with a slash"),
        (wanted("a//b.pdf"), "/name", "two in a row"),
        (wanted(""), "/name", "must neither begin"),
        (wanted("a\n.pdf"), "/name", "control characters"),
        (wanted("a\x00.pdf"), "/name", "control characters"),
        (wanted("a\x85.pdf"), "/name", "control characters"),
        (wanted("a\ud800.pdf"), "/name", "control characters"),
        (wanted("a\uffff.pdf"), "/name", "control characters"),
        (wanted("${filename}.pdf"), "/name", "S3 would replace"),
        (wanted("한" * 337 + ".md"), "/name", "at most 1013"),
        (wanted("tool.exe"), "/name", "convert the document to one of .csv, .docm, .docx"),
        (wanted(size=0), "/size", "at least 1"),
        (wanted(size=-1), "/size", "at least 1"),
        (wanted(size=LARGEST_DOCUMENT_BYTES + 1), "/size", "split the document"),
        (wanted(content_type="video/mp4"), "/content_type", "like application/pdf"),
        (wanted(content_type="pdf"), "/content_type", "like application/pdf"),
        (wanted(content_type="text/plain\r\nx: y"), "/content_type", "like application/pdf"),
        (wanted(content_type=""), "/content_type", "like application/pdf"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_anything_is_signed(
    uploads: RequestUpload, signer: ScriptedSigner, request_: UploadRequest, pointer: str, remedy: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        uploads.permit("acme", request_)
    (error,) = raised.value.errors
    assert error.pointer == pointer and remedy in error.detail
    assert str(raised.value).startswith(f"{pointer}: ")
    assert not signer.signed


def test_every_bad_field_is_named_at_once(uploads: RequestUpload) -> None:
    with pytest.raises(InvalidInputError) as raised:
        uploads.permit("acme", wanted("/", 0, "?"))
    assert [error.pointer for error in raised.value.errors] == ["/name", "/size", "/content_type"]
