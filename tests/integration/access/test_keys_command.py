"""`python -m ops keys create` against CloudFormation and DynamoDB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.domain.client import hash_key
from ops.__main__ import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def directory() -> Iterator[DynamoDbClientDirectory]:
    aws_clients.dynamodb.cache_clear()
    with mock_aws():
        deploy("QuarryStorage")
        deploy("Unrelated")
        for number in range(3):
            deploy(f"Quarry{number}", outputs=False)
        table = boto3.client("cloudformation").describe_stacks(StackName="QuarryStorage")["Stacks"][0]["Outputs"][0]
        yield DynamoDbClientDirectory(boto3.client("dynamodb"), table=table["OutputValue"])
    aws_clients.dynamodb.cache_clear()


def deploy(name: str, *, outputs: bool = True) -> None:
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    }
    template = {"Resources": {"Clients": table}}
    if outputs:
        template["Outputs"] = {"ClientsTableName": {"Value": {"Ref": "Clients"}}}
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


CREATE = ["keys", "create", "--tenant", "acme", "--client", "shop"]


class TestKeysCreate:
    def test_makes_a_client_and_shows_its_key_once(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(CREATE) == 0
        key = capsys.readouterr().out.strip().rsplit(" ", 1)[-1]
        assert key.startswith("qk_") and len(key) == 46
        client = directory.find(hash_key(key))
        assert client is not None
        assert (client.tenant, client.client_id, client.scopes) == ("acme", "shop", {"chat", "documents"})
        assert client.expires_at is None
        assert directory.tenant_exists("acme")

    def test_acts_in_the_region_that_the_cdk_cli_deploys_to(
        self, directory: DynamoDbClientDirectory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """boto3 alone would look into AWS_DEFAULT_REGION, where everything is deployed here."""
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        assert main(CREATE) == 1
        assert "eu-west-1" in capsys.readouterr().err

    def test_makes_a_different_key_each_time(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(CREATE)
        main(CREATE)
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Key")]
        assert len(set(lines)) == 2

    def test_a_given_key_can_be_created_again(self, directory: DynamoDbClientDirectory) -> None:
        again = [*CREATE, "--key", "qk_local", "--scopes", "chat,delegate", "--expires-days", "30"]
        assert [main(again), main(again)] == [0, 0]
        client = directory.find(hash_key("qk_local"))
        assert client is not None
        assert client.scopes == {"chat", "delegate"}
        assert client.expires_at is not None

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--key", "qk_x"], "a key is qk_"),
            (["--scopes", "chat everything"], "unknown scopes everything"),
            (["--tenant", "a#b"], "tenant 'a#b'"),
            (["--client", "../up"], "client '../up'"),
        ],
    )
    def test_says_what_is_wrong(
        self,
        directory: DynamoDbClientDirectory,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        says: str,
    ) -> None:
        assert main([*CREATE, *arguments]) == 1
        captured = capsys.readouterr()
        assert says in captured.err
        assert not captured.out

    def test_a_key_does_not_change_hands(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main([*CREATE, "--key", "qk_local"])
        assert main(["keys", "create", "--tenant", "rival", "--client", "shop", "--key", "qk_local"]) == 1
        assert "belongs to another client" in capsys.readouterr().err

    def test_says_when_nothing_is_deployed(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--stack-prefix", "Elsewhere", *CREATE]) == 1
        assert "deploy first" in capsys.readouterr().err

    def test_asks_which_of_several_deployments_is_meant(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deploy("QuarryTwoStorage")
        assert main(CREATE) == 1
        assert "QuarryStorage, QuarryTwoStorage" in capsys.readouterr().err

    def test_says_when_there_are_no_credentials(self) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environ |= {
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        }
        done = subprocess.run(
            [sys.executable, "-m", "ops", *CREATE], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("ops: no AWS credentials found")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["keys", *arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def key_in(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("Key")]
    return line.rsplit(" ", 1)[-1]


class TestLivingWithKeys:
    def test_lists_everything_but_the_key(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        key = key_in(run(capsys, *CREATE[1:], "--expires-days", "30"))
        listed = run(capsys, "list")
        header, row = listed.splitlines()
        assert header.split() == ["TENANT", "CLIENT", "FINGERPRINT", "STATE", "VALID", "UNTIL", "CREATED", "SCOPES"]
        assert row.split()[:4] == ["acme", "shop", hash_key(key)[:12], "active"]
        assert row.endswith("chat documents")
        assert key not in listed and hash_key(key) not in listed

    def test_disables_and_enables_a_client(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        key = key_in(run(capsys, *CREATE[1:]))
        assert "authorizer_cache_seconds" in run(capsys, "disable", "--client", "shop")
        assert " disabled " in run(capsys, "list", "--tenant", "acme")
        stored = directory.find(hash_key(key))
        assert stored is not None and stored.state == "disabled"
        run(capsys, "enable", "--fingerprint", hash_key(key)[:12])
        stored = directory.find(hash_key(key))
        assert stored is not None and stored.state == "active"

    def test_rotates_with_an_overlap(
        self, directory: DynamoDbClientDirectory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = key_in(run(capsys, *CREATE[1:]))
        out = run(capsys, "rotate", "--tenant", "acme", "--client", "shop", "--overlap", "90m")
        old, new = directory.find(hash_key(before)), directory.find(hash_key(key_in(out)))
        assert old is not None and new is not None
        assert old.expires_at is not None and new.created_at is not None
        assert 89 <= (old.expires_at - new.created_at).total_seconds() / 60 <= 91
        assert (new.client_id, new.tenant, new.scopes, new.expires_at) == ("shop", "acme", old.scopes, None)
        assert old.fingerprint in out and before not in out

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["disable"], "say which"),
            (["disable", "--tenant", "acme"], "say which"),
            (["disable", "--client", "nobody"], "no such key"),
            (["rotate", "--client", "nobody"], "no such key"),
        ],
    )
    def test_says_what_is_missing(
        self,
        directory: DynamoDbClientDirectory,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        says: str,
    ) -> None:
        run(capsys, *CREATE[1:])
        assert main(["keys", *arguments]) == 1
        assert says in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [["rotate", "--overlap", "soon"], ["disable", "--fingerprint", "zz"]])
    def test_does_not_guess(self, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
        with pytest.raises(SystemExit):
            main(["keys", *arguments])
        assert capsys.readouterr().err
