"""Sources of bulk runs in S3: prefixes, lists, inventories, and what is answered where they cannot be read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from lambdas.shared.adapters import s3_source_pages
from lambdas.shared.adapters.s3_source_pages import S3SourcePages
from lambdas.shared.domain.bulk.listing import Entry, Page
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.source import AllowedSource, allowed_places
from lambdas.shared.domain.errors import InvalidInputError


def places(tenant: str) -> tuple[AllowedSource, ...]:
    return allowed_places(["bulk/{tenant}/"], documents_bucket="docs", tenant=tenant)


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="docs")
        yield client


def pages(client: Any, source: str) -> list[Page]:
    run = BulkRun("run", "acme", source, "m", CONSERVATIVE)
    source_pages = S3SourcePages(client, places=places)
    found = [source_pages.page(run, None)]
    while (token := found[-1].next_token) is not None:
        found.append(source_pages.page(run, token))
    return found


def entries(found: list[Page]) -> list[Entry]:
    return [entry for page in found for entry in page.entries]


def test_a_prefix_is_listed_page_by_page_with_sizes(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_source_pages, "_CALLS", 1)
    keys = [f"bulk/acme/{number:04}.txt" for number in range(2100)]
    for key in [*keys, "bulk/other/1.txt"]:
        client.put_object(Bucket="docs", Key=key, Body=b"four")
    found = pages(client, "s3://docs/bulk/acme/")
    assert entries(found) == [Entry("docs", key, 4) for key in keys]
    assert [len(page.entries) for page in found] == [1000, 1000, 100]


def test_an_empty_prefix_has_no_entries(client: Any) -> None:
    assert pages(client, "s3://docs/bulk/acme/") == [Page([], None)]


@pytest.mark.parametrize("chunk", [7, 50, 10_000])
def test_a_list_is_read_in_pieces_without_losing_a_line(
    client: Any, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(s3_source_pages, "_CHUNK_BYTES", chunk)
    lines = [
        "uri",
        *(f"s3://docs/bulk/acme/ä{number}.txt" for number in range(9)),
        "s3://evil/x.txt",
        "docs,bulk/acme/z",
    ]
    body = b"\xef\xbb\xbf" + "\n".join(lines).encode()
    client.put_object(Bucket="docs", Key="bulk/acme/list.csv", Body=body)
    found = pages(client, "s3://docs/bulk/acme/list.csv")
    keys = [f"bulk/acme/ä{number}.txt" for number in range(9)]
    assert [entry.key for entry in entries(found)] == [*keys, "bulk/acme/z"]
    assert [line for page in found for line in page.rejected] == [
        "line 11: s3://evil is outside what your runs may read"
    ]


def test_a_list_that_changes_while_it_is_listed_is_refused(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_source_pages, "_CHUNK_BYTES", 30)
    key = "bulk/acme/list.jsonl"
    client.put_object(Bucket="docs", Key=key, Body=b'"s3://docs/bulk/acme/1"\n"s3://docs/bulk/acme/2"\n')
    run = BulkRun("run", "acme", f"s3://docs/{key}", "m", CONSERVATIVE)
    token = S3SourcePages(client, places=places).page(run, None).next_token
    client.put_object(Bucket="docs", Key=key, Body=b'"s3://docs/bulk/acme/3"\n"s3://docs/bulk/acme/4"\n')
    with pytest.raises(InvalidInputError, match="changed while it was listed"):
        S3SourcePages(client, places=places).page(run, token)


def test_an_inventory_is_read_file_by_file(client: Any) -> None:
    manifest = {
        "fileSchema": "Bucket, Key, Size", "fileFormat": "CSV", "destinationBucket": "arn:aws:s3:::docs",
        "files": [{"key": "bulk/acme/inv/1.csv.gz"}, {"key": "bulk/acme/inv/2.csv.gz"}],
    }  # fmt: skip
    client.put_object(Bucket="docs", Key="bulk/acme/inv/manifest.json", Body=json.dumps(manifest).encode())
    for number in (1, 2):
        body = gzip.compress(f'"docs","bulk/acme/a%20{number}.txt","5"\n'.encode())
        client.put_object(Bucket="docs", Key=f"bulk/acme/inv/{number}.csv.gz", Body=body)
    found = pages(client, "s3://docs/bulk/acme/inv/manifest.json")
    assert [page.entries for page in found] == [[Entry("docs", f"bulk/acme/a {number}.txt", 5)] for number in (1, 2)]


@pytest.mark.parametrize(
    ("source", "remedy"),
    [("s3://no-such-bucket/x/", "no such bucket"), ("s3://docs/bulk/acme/list.csv", "no such object")],
)
def test_a_source_that_is_not_there_is_refused_with_its_remedy(client: Any, source: str, remedy: str) -> None:
    with pytest.raises(InvalidInputError, match=remedy) as caught:
        pages(client, source)
    assert [error.pointer for error in caught.value.errors] == ["/source"]


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [("AccessDenied", 403, "bulk_sources"), ("PermanentRedirect", 301, "another Region")],
)
def test_a_source_that_may_not_be_read_is_refused_with_its_remedy(code: str, status: int, remedy: str) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("list_objects_v2", code, "no", status)
        with pytest.raises(InvalidInputError, match=remedy):
            pages(client, "s3://docs/bulk/acme/")


def test_what_may_be_better_later_is_left_to_the_workflow() -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("list_objects_v2", "SlowDown", "no", 503)
        with pytest.raises(ClientError):
            pages(client, "s3://docs/bulk/acme/")
