"""`python -m ops remains` against an account in moto."""

from __future__ import annotations

import boto3
import pytest

from ops.__main__ import main
from ops.leftovers.buckets import Buckets
from ops.leftovers.inventory import session
from tests.integration.ops.account import REGION, Account

Output = pytest.CaptureFixture[str]


def remains(capsys: Output, *arguments: str) -> list[str]:
    assert main(["remains", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


class TestRemains:
    def test_lists_what_a_destroyed_deployment_left_and_no_more(self, left_behind: Account, capsys: Output) -> None:
        head, *things, total, hint = remains(capsys, "--name", "Quarry")
        assert head == "Deployment Quarry in us-east-1:"
        assert [line.split("  ")[0] for line in things] == ["table", "log group", "bucket", "queue"]
        assert all("uarry-storage-" in line.lower() for line in things)
        assert total.startswith("total: <$0.01/month at list price")
        assert hint == "to delete it for good: python -m ops purge --name Quarry --yes-delete-data"

    def test_counts_every_version_of_every_object(self, left_behind: Account, capsys: Output) -> None:
        (bucket,) = [line for line in remains(capsys) if line.startswith("bucket")]
        assert "6.0 KB  <$0.01/month  (6 object versions)" in bucket

    def test_takes_the_name_from_the_settings(self, left_behind: Account, capsys: Output) -> None:
        assert remains(capsys) == remains(capsys, "--name", "Quarry")

    def test_says_when_nothing_remains(self, account: Account, capsys: Output) -> None:
        account.deploy("Quarry-Two", "Quarry-Two-Storage")
        assert remains(capsys) == ["Deployment Quarry in us-east-1:", "nothing remains"]

    def test_says_what_is_in_use(self, account: Account, capsys: Output) -> None:
        account.deploy("Quarry", "Quarry-Storage")
        account.deploy("Quarry-Two", "Quarry-Two-Storage")
        account.deploy(None, "Quarry-Frontend", description="somebody's web page")
        assert remains(capsys)[-1] == "in use: the stacks Quarry-Storage still exist"

    def test_tells_old_data_from_data_in_use_by_cloudformation_s_own_tag(
        self, account: Account, capsys: Output
    ) -> None:
        """moto does not set that tag; AWS does, on everything that a stack makes."""
        account.deploy("Ours", "Renamed", description="not like ours")
        stack = account.stacks.describe_stacks()["Stacks"][0]["StackId"]
        for name, made_by in (("new", stack), ("old", stack.replace("Renamed", "Gone"))):
            tags = {"quarry:deployment": "Ours", "aws:cloudformation:stack-id": made_by}
            account.sqs.create_queue(QueueName=name, tags=tags)
        shown = remains(capsys, "--name", "Ours")
        notes = {line.split()[1]: line for line in shown if line.startswith("queue")}
        assert notes["new"].endswith("0 messages; in use)")
        assert notes["old"].endswith("0 messages; left behind by an earlier deployment)")
        assert shown[-1] == "in use: the stacks Renamed still exist"

    def test_reads_every_page_of_the_index(self, account: Account, capsys: Output) -> None:
        for number in range(120):
            account.logs.create_log_group(logGroupName=f"g{number}", tags={"quarry:deployment": "Quarry"})
        assert len([line for line in remains(capsys) if line.startswith("log group")]) == 120

    def test_says_when_the_index_names_what_is_gone(
        self, left_behind: Account, capsys: Output, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lagging = {
            f"arn:aws:{arn}": {"quarry:deployment": "Quarry"}
            for arn in (
                "dynamodb:us-east-1:123456789012:table/gone",
                "s3:::gone",
                "sqs:us-east-1:123456789012:gone",
                "logs:us-east-1:123456789012:log-group:gone",
                "lambda:us-east-1:123456789012:function:gone",
            )
        }
        monkeypatch.setattr("ops.leftovers.inventory._tagged", lambda name, tagging: lagging)
        _, nothing, also = remains(capsys)
        assert nothing == "nothing remains"
        assert "1 lambda" in also


class TestSizes:
    def test_counting_a_large_bucket_stops_and_says_so(self, left_behind: Account) -> None:
        (name,) = [bucket for bucket in left_behind.buckets() if bucket.startswith("quarry-storage")]
        for number in range(1_000):
            left_behind.s3.put_object(Bucket=name, Key=f"many/{number}", Body=b"12")
        size = Buckets(left_behind.s3, most_pages=1).size(name)
        assert size is not None and size.partial
        assert size.detail.startswith("more than ") and size.detail.endswith("counting stopped there")
        whole = Buckets(left_behind.s3).size(name)
        assert whole is not None and not whole.partial
        assert whole.stored_bytes == 6 * 1024 + 2_000

    def test_point_in_time_recovery_shows(self, left_behind: Account, capsys: Output) -> None:
        (name,) = [table for table in left_behind.tables() if table.startswith("Quarry-Storage")]
        left_behind.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        (table,) = [line for line in remains(capsys) if line.startswith("table")]
        assert table.endswith("(0 items, point-in-time recovery)")


def test_the_region_is_the_one_that_the_cdk_cli_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert boto3.Session().region_name == REGION
    assert session().region_name == "eu-west-1"
    monkeypatch.delenv("AWS_REGION")
    assert session().region_name == REGION
