"""`python -m ops purge` against an account in moto."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.__main__ import main
from ops.deployed_stacks import OpsError
from ops.leftovers.buckets import Buckets
from tests.integration.ops.account import Account

Output = pytest.CaptureFixture[str]
PURGE = ["purge", "--name", "Quarry"]
YES = [*PURGE, "--yes-delete-data"]


def ours(names: list[str]) -> list[str]:
    return [name for name in names if "quarry-storage" in name.lower()]


class TestPurge:
    def test_deletes_all_that_was_left_and_nothing_else(self, left_behind: Account, capsys: Output) -> None:
        before = left_behind.everything()
        assert main(YES) == 0
        assert left_behind.everything() == {
            kind: [name for name in names if name not in ours(names)] for kind, names in before.items()
        }
        out = capsys.readouterr().out
        for names in before.values():
            (gone,) = ours(names)
            assert f" {gone.rsplit('/', 1)[-1]}\n" in out
        assert "deletion protection is off" in out
        assert "7 object versions and delete markers deleted" in out
        assert out.endswith("nothing remains\n")

    def test_can_be_said_twice(self, left_behind: Account, capsys: Output) -> None:
        assert [main(YES), main(YES)] == [0, 0]
        assert capsys.readouterr().out.endswith("Deployment Quarry in us-east-1:\nnothing remains\n")

    def test_without_the_flag_it_only_says_what_it_would_delete(self, left_behind: Account, capsys: Output) -> None:
        before = left_behind.everything()
        assert main(PURGE) == 1
        captured = capsys.readouterr()
        assert "nothing was deleted" in captured.err and "--yes-delete-data" in captured.err
        for names in before.values():
            assert ours(names)[0].rsplit("/", 1)[-1] in captured.out
        assert left_behind.everything() == before

    def test_refuses_while_a_stack_stands(self, left_behind: Account, capsys: Output) -> None:
        left_behind.deploy("Quarry", "Quarry-Api")
        before = left_behind.everything()
        assert main(YES) == 1
        captured = capsys.readouterr()
        assert "the stacks Quarry-Api still exist" in captured.err and "make destroy" in captured.err
        assert not captured.out
        assert left_behind.everything() == before

    def test_wants_to_be_told_the_name(self, left_behind: Account) -> None:
        with pytest.raises(SystemExit) as stop:
            main(["purge", "--yes-delete-data"])
        assert stop.value.code == 2

    def test_goes_on_after_a_failure_and_lists_what_is_left(
        self, left_behind: Account, capsys: Output, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Buckets, name: str, say: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteBucket")

        with monkeypatch.context() as patch:
            patch.setattr(Buckets, "delete", refuse)
            assert main(YES) == 1
        (bucket,) = ours(left_behind.buckets())
        error = capsys.readouterr().err
        assert "1 of 4 are left" in error and f"bucket {bucket}: " in error and "AccessDenied" in error
        assert not ours([*left_behind.tables(), *left_behind.queues(), *left_behind.log_groups()])
        assert main(YES) == 0
        assert not ours(left_behind.buckets())

    def test_leaves_what_has_lost_its_tag(self, left_behind: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        (bucket,) = ours(left_behind.buckets())
        tagged = f"arn:aws:s3:::{bucket}"
        left_behind.s3.delete_bucket_tagging(Bucket=bucket)
        monkeypatch.setattr("ops.leftovers.inventory._tagged", lambda name, tagging: {tagged: {}})
        assert main(YES) == 1
        assert len(left_behind.versions(bucket)) == 7


class TestEmptyingABucket:
    def test_takes_more_than_one_batch(self, account: Account) -> None:
        account.s3.create_bucket(Bucket="many")
        account.s3.put_bucket_versioning(Bucket="many", VersioningConfiguration={"Status": "Enabled"})
        for number in range(600):
            account.s3.put_object(Bucket="many", Key=str(number), Body=b"")
            account.s3.delete_object(Bucket="many", Key=str(number))
        said: list[str] = []
        Buckets(account.s3).delete("many", said.append)
        assert said == ["  many: 1,200 object versions and delete markers deleted"]
        assert account.buckets() == []

    def test_reaches_objects_of_a_bucket_that_never_had_versions(self, account: Account) -> None:
        account.s3.create_bucket(Bucket="plain")
        account.s3.put_object(Bucket="plain", Key="a b/ü.txt", Body=b"x")
        Buckets(account.s3).delete("plain", lambda text: None)
        assert account.buckets() == []

    def test_an_object_that_stays_is_an_error(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        account.s3.create_bucket(Bucket="held")
        account.s3.put_object(Bucket="held", Key="a", Body=b"x")
        client = boto3.client("s3", "us-east-1")
        refused = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "held"}]}
        monkeypatch.setattr(client, "delete_objects", lambda **request: refused)
        with pytest.raises(OpsError, match="1 of 1 objects cannot be deleted, the first one for AccessDenied"):
            Buckets(client).delete("held", lambda text: None)
        assert account.buckets() == ["held"]
