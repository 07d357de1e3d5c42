"""A bulk run's files, on the fake and on S3."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.shared.adapters import csv_writer, s3_upload
from lambdas.shared.adapters.s3_run_files import S3RunFiles
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.object_store import ObjectMissingError
from tests.fakes.bulk import InMemoryRunFiles

ROWS = [{"recordId": str(number), "text": "a\u2028b\u0085\r end"} for number in range(50)]


@pytest.fixture(params=["in-memory", "s3"])
def files(request: pytest.FixtureRequest) -> Iterator[RunFiles]:
    if request.param == "in-memory":
        yield InMemoryRunFiles()
        return
    with mock_aws():
        yield s3_files()


def s3_files() -> S3RunFiles:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="results")
    return S3RunFiles(client, bucket="results")


def write(files: RunFiles, key: str, rows: list[dict[str, str]]) -> None:
    with files.open(key) as file:
        for row in rows:
            assert file.write(row) > 0


def test_rows_come_back_as_they_were_written(files: RunFiles) -> None:
    write(files, "a.jsonl", ROWS)
    assert list(files.rows("a.jsonl")) == ROWS


def test_a_file_may_be_empty_and_may_be_replaced(files: RunFiles) -> None:
    write(files, "a.jsonl", ROWS)
    write(files, "a.jsonl", [])
    assert list(files.rows("a.jsonl")) == []


def test_a_file_that_is_not_there_is_missed(files: RunFiles) -> None:
    with pytest.raises(ObjectMissingError):
        list(files.rows("a.jsonl"))


def test_nothing_is_seen_of_a_file_whose_writing_failed(files: RunFiles) -> None:
    with pytest.raises(KeyError), files.open("a.jsonl") as file:
        file.write(ROWS[0])
        raise KeyError
    with pytest.raises(ObjectMissingError):
        list(files.rows("a.jsonl"))


def test_files_are_put_together_in_their_order(files: RunFiles) -> None:
    write(files, "a.jsonl", ROWS[:3])
    write(files, "b.jsonl", [])
    write(files, "c.jsonl", ROWS[3:5])
    files.concatenate(["c.jsonl", "b.jsonl", "a.jsonl"], "all.jsonl")
    assert list(files.rows("all.jsonl")) == [*ROWS[3:5], *ROWS[:3]]


def table(files: RunFiles, key: str) -> list[list[str]]:
    """As a spreadsheet reads it."""
    if isinstance(files, InMemoryRunFiles):
        return files.tables[key]
    body = boto3.client("s3", region_name="us-east-1").get_object(Bucket="results", Key=key)["Body"].read()
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_a_table_has_its_rows_whatever_their_cells_hold(files: RunFiles) -> None:
    rows = [
        ["key", "summary"],
        ["a b.txt", 'He said "no",\nand left.\r\n'],
        ["\uc5f0\uad6c.pdf", "\U0001f30a;,'\t"],
        ["", ""],
    ]
    with files.open_table("t.csv") as file:
        for row in rows:
            file.write(row)
    assert table(files, "t.csv") == rows


def test_nothing_is_seen_of_a_table_whose_writing_failed(files: RunFiles) -> None:
    with pytest.raises(RuntimeError), files.open_table("t.csv") as file:
        file.write(["a"])
        raise RuntimeError
    with pytest.raises((KeyError, ClientError)):
        table(files, "t.csv")


def test_a_commit_is_made_once(files: RunFiles) -> None:
    assert files.read("commit.json") is None
    assert files.create("commit.json", {"done": True})
    assert not files.create("commit.json", {"done": False})
    assert files.read("commit.json") == {"done": True}


def test_whoever_makes_the_same_commit_again_has_made_it(files: RunFiles) -> None:
    """A put whose answer was lost is sent again by the client, and finds its own work."""
    assert files.create("commit.json", {"done": True}) and files.create("commit.json", {"done": True})


def test_the_output_below_a_prefix_is_every_jsonl_out_and_nothing_else(files: RunFiles) -> None:
    for key in ("out/job/0.jsonl.out", "out/job/deep/1.jsonl.out", "out/job/manifest.json.out", "out2/2.jsonl.out"):
        write(files, key, [{"key": key}])
    assert sorted(row["key"] for row in files.output_rows("out/") if row) == [
        "out/job/0.jsonl.out", "out/job/deep/1.jsonl.out",
    ]  # fmt: skip


class TestS3:
    @pytest.fixture
    def files(self) -> Iterator[S3RunFiles]:
        with mock_aws():
            yield s3_files()

    def test_an_output_line_that_is_no_object_is_told_as_none(self, files: S3RunFiles) -> None:
        body = b'{"a": 1}\n\nnonsense\n[1]\n{"b": 2}'
        boto3.client("s3", "us-east-1").put_object(Bucket="results", Key="o/x.jsonl.out", Body=body)
        assert list(files.output_rows("o/")) == [{"a": 1}, None, None, {"b": 2}]

    def test_large_files_go_in_parts_and_come_back_whole(
        self, files: S3RunFiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(s3_upload, "_PART_BYTES", 5 * 1024 * 1024)
        rows = [{"recordId": str(number), "text": "x" * 400_000} for number in range(40)]
        write(files, "large.jsonl", rows)
        assert list(files.rows("large.jsonl")) == rows
        files.concatenate(["large.jsonl", "large.jsonl"], "both.jsonl")
        assert sum(1 for _ in files.rows("both.jsonl")) == 80

    def test_a_table_is_utf8_with_a_mark_and_goes_out_while_it_is_written(
        self, files: S3RunFiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(csv_writer, "_FLUSH_CHARACTERS", 1000)
        rows = [[str(number), "\ud800 half" if number == 7 else "x" * 90] for number in range(100)]
        with files.open_table("t.csv") as file:
            for row in rows:
                file.write(row)
        answer = boto3.client("s3", region_name="us-east-1").get_object(Bucket="results", Key="t.csv")
        body = answer["Body"].read()
        assert body.startswith(b"\xef\xbb\xbf0,x") and body.count(b"\r\n") == 100 and b"7,? half" in body
        assert answer["ContentType"] == "text/csv; charset=utf-8"

    def test_a_large_file_whose_writing_failed_leaves_no_upload(
        self, files: S3RunFiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(s3_upload, "_PART_BYTES", 1024)
        with pytest.raises(KeyError), files.open("large.jsonl") as file:
            for _ in range(3):
                file.write({"text": "x" * 1_100_000})
            raise KeyError
        assert "Uploads" not in boto3.client("s3", "us-east-1").list_multipart_uploads(Bucket="results")
