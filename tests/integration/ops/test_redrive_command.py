"""`python -m ops redrive`, `analyst-policy` and `webhook-key` against an account in moto."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.domain.client import Client, hash_key
from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from ops.__main__ import main
from ops.dead_letters import DeadLetters
from tests.contract.test_document_store import make_documents_table
from tests.fakes.documents import dropped, received, run_for
from tests.integration.documents.test_retry import inputs, make_state_machine
from tests.integration.ops.account import Account

Output = pytest.CaptureFixture[str]
EVENT = json.loads((Path(__file__).parents[2] / "events/s3_object_created.json").read_text(encoding="utf-8"))
TAG = "${aws:PrincipalTag/quarry-tenant}"


class Deployment:
    """The parts of a deployment that the commands find by its outputs."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.dead, self.queue = (self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "live"))
        dynamodb = boto3.client("dynamodb")
        make_documents_table(dynamodb, "documents")
        keys = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        names = [{"AttributeName": "pk", "AttributeType": "S"}]
        dynamodb.create_table(TableName="clients", AttributeDefinitions=names, **keys)
        boto3.client("s3").create_bucket(Bucket="documents")
        events = boto3.client("events")
        parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "placeholder"}}
        events.create_connection(Name="hook", AuthorizationType="API_KEY", AuthParameters=parameters)
        self.store = DynamoDbDocumentStore(dynamodb, table="documents")
        self.clients = DynamoDbClientDirectory(dynamodb, table="clients")
        outputs = {
            "SummariesDeadLetterQueueUrl": self.dead,
            "SummariesQueueUrl": self.queue,
            "DocumentsTableName": "documents",
            "ClientsTableName": "clients",
            "SummariesStateMachineArn": make_state_machine(),
            "AnalystPolicyArn": make_policy(),
            "WebhookConnectionName": "hook",
        }
        template = {
            "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        boto3.client("cloudformation").create_stack(StackName="Quarry-X", TemplateBody=json.dumps(template))

    def bury(self, *bodies: object, **attributes: str) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            named = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=text, MessageAttributes=named)

    def lying(self, url: str) -> list[Any]:
        found: list[Any] = []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
        return found

    def fail(self, name: str, code: str, *, tenant: str = "acme") -> SummaryRun:
        run = run_for(dropped(f"inbox/{tenant}/{name}.txt"), tenant=tenant)
        boto3.client("s3").put_object(Bucket=run.bucket, Key=run.key, Body=b"text")
        self.store.register(received(run))
        self.store.fail(run, Failure(code, "."), cost_usd=None)
        return run

    def state(self, run: SummaryRun) -> tuple[DocumentState, int]:
        document = self.store.get(run.tenant, run.document_id)
        assert document is not None
        return document.state, document.attempt


def make_policy() -> str:
    own = {"aws:PrincipalTag/quarry-tenant": "?*"}
    statements = [
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::in/inbox/{TAG}/*",
            "Condition": {"StringLike": own},
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::in",
            "Condition": {"StringLike": {**own, "s3:prefix": [f"inbox/{TAG}/", f"inbox/{TAG}/*"]}},
        },
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    made = boto3.client("iam").create_policy(PolicyName="analyst", PolicyDocument=document)
    return str(made["Policy"]["Arn"])


@pytest.fixture
def deployment(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setattr("ops.dead_letters._WAIT_SECONDS", 0)
    clients = [aws_clients.dynamodb, aws_clients.s3, aws_clients.step_functions]
    for made in clients:
        made.cache_clear()
    yield Deployment()
    for made in clients:
        made.cache_clear()


def event(number: int) -> dict[str, Any]:
    changed = copy.deepcopy(EVENT)
    changed["detail"]["object"]["key"] = f"inbox/acme/secret-{number}.txt"
    return changed


class TestDeadLetters:
    def test_a_dry_run_counts_reasons_shows_no_content_and_moves_nothing(
        self, deployment: Deployment, capsys: Output
    ) -> None:
        deployment.bury(*(event(number) for number in range(12)), "secret nonsense", {"detail-type": "Object Created"})
        deployment.bury(event(20), ERROR_CODE="NO_PERMISSIONS")
        assert main(["redrive", "--dry-run"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("15 dead letters\n     12  its function failed at every delivery")
        assert "      1  EventBridge could not deliver it: NO_PERMISSIONS\n" in out
        assert "missing required field `detail`" in out
        assert out.endswith("would go back to the queue: 13\n")
        assert "secret" not in out
        assert len(deployment.lying(deployment.dead)) == 15
        assert not deployment.lying(deployment.queue)

    def test_what_can_be_read_goes_back_and_the_rest_stays(self, deployment: Deployment, capsys: Output) -> None:
        readable = [json.dumps(event(number)) for number in range(12)]
        deployment.bury(*readable, "nonsense")
        assert main(["redrive"]) == 0
        out = capsys.readouterr().out
        assert "12 dead letters went back to the queue" in out and "1 dead letter stayed" in out
        assert sorted(deployment.lying(deployment.queue)) == sorted(readable)
        assert deployment.lying(deployment.dead) == ["nonsense"]

    def test_all_of_them_go_back_where_that_is_asked_for(self, deployment: Deployment) -> None:
        deployment.bury(event(1), "nonsense")
        assert main(["redrive", "--all"]) == 0
        assert len(deployment.lying(deployment.queue)) == 2
        assert not deployment.lying(deployment.dead)

    def test_nothing_there_is_no_error(self, deployment: Deployment, capsys: Output) -> None:
        assert [main(["redrive", "--dry-run"]), main(["redrive"])] == [0, 0]
        assert capsys.readouterr().out.endswith("0 dead letters went back to the queue\n")

    def test_a_message_that_could_not_be_sent_stays(
        self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deployment.bury(event(1), event(2))
        letters = DeadLetters(deployment.sqs, url=deployment.dead, queue_url=deployment.queue)
        send = deployment.sqs.send_message_batch

        def half(**request: Any) -> Any:
            return send(**{**request, "Entries": request["Entries"][:1]})

        monkeypatch.setattr(deployment.sqs, "send_message_batch", half)
        moved, left = letters.move_back(lambda letter: True)
        assert (len(moved), len(left)) == (1, 1)
        assert len(deployment.lying(deployment.queue)) == len(deployment.lying(deployment.dead)) == 1

    def test_a_crash_after_the_send_doubles_a_message_and_loses_none(
        self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deployment.bury(event(1))
        letters = DeadLetters(deployment.sqs, url=deployment.dead, queue_url=deployment.queue)

        def crash(**_: Any) -> Any:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(deployment.sqs, "delete_message_batch", crash)
            with pytest.raises(KeyboardInterrupt):
                letters.move_back(lambda letter: True)
        assert len(deployment.lying(deployment.queue)) == 1
        assert letters.count() == 0, "hidden for some minutes, then there again"
        names = ["ApproximateNumberOfMessagesNotVisible"]
        hidden = deployment.sqs.get_queue_attributes(QueueUrl=deployment.dead, AttributeNames=names)
        assert hidden["Attributes"] == {names[0]: "1"}


class TestFailedDocuments:
    def test_they_are_tried_again_as_new_attempts(self, deployment: Deployment, capsys: Output) -> None:
        runs = [deployment.fail("a", "timed_out"), deployment.fail("b", "no_text", tenant="globex")]
        assert main(["redrive", "--failed"]) == 0
        assert [deployment.state(run) for run in runs] == [(DocumentState.RECEIVED, 2)] * 2
        assert sorted(each["attempt"] for each in inputs()) == [2, 2]
        out = capsys.readouterr().out
        assert out.startswith("2 documents\n") and "      1  globex  no_text\n" in out
        assert out.endswith("tried again: 2\n")

    def test_a_dry_run_changes_nothing(self, deployment: Deployment, capsys: Output) -> None:
        run = deployment.fail("a", "timed_out")
        assert main(["redrive", "--failed", "--dry-run"]) == 0
        assert capsys.readouterr().out == "1 document\n      1  acme  timed_out\n"
        assert deployment.state(run) == (DocumentState.FAILED, 1)
        assert not inputs()

    def test_tenant_and_code_choose(self, deployment: Deployment) -> None:
        wanted = deployment.fail("a", "timed_out")
        others = [deployment.fail("b", "no_text"), deployment.fail("c", "timed_out", tenant="globex")]
        choice = ["--tenant", "acme", "--code", "timed_out", "--since", "2026-11-21"]
        assert main(["redrive", "--failed", *choice]) == 0
        assert deployment.state(wanted) == (DocumentState.RECEIVED, 2)
        assert [deployment.state(run) for run in others] == [(DocumentState.FAILED, 1)] * 2

    def test_what_is_gone_is_told_with_its_reason(self, deployment: Deployment, capsys: Output) -> None:
        run = deployment.fail("a", "timed_out")
        boto3.client("s3").delete_object(Bucket=run.bucket, Key=run.key)
        assert main(["redrive", "--failed"]) == 0
        assert capsys.readouterr().out.endswith(f"  not {run.document_id} of acme: document_gone\n")

    @pytest.mark.parametrize(
        ("arguments", "remedy"),
        [(["--tenant", "acme"], "add --failed"), (["--failed", "--all"], "leave out --failed")],
    )
    def test_options_that_do_not_fit_are_refused(self, capsys: Output, arguments: list[str], remedy: str) -> None:
        assert main(["redrive", *arguments]) == 1
        assert remedy in capsys.readouterr().err

    def test_a_length_of_time_counts_back_from_now(self, deployment: Deployment, capsys: Output) -> None:
        run = run_for(dropped("inbox/acme/recent.txt"))
        deployment.store.register(replace(received(run), received_at=datetime.now(UTC) - timedelta(minutes=30)))
        deployment.store.fail(run, Failure("timed_out", "."), cost_usd=None)
        for since, count in (("1h", "1 document"), ("10m", "0 documents")):
            assert main(["redrive", "--failed", "--dry-run", "--since", since]) == 0
            assert capsys.readouterr().out.startswith(f"{count}\n")

    def test_a_time_that_is_none_is_refused(self, capsys: Output) -> None:
        with pytest.raises(SystemExit):
            main(["redrive", "--failed", "--since", "yesterday"])
        assert "like 90m, 24h or 7d" in capsys.readouterr().err


class TestAnalystPolicy:
    def test_it_is_the_deployed_policy_with_the_tenant_written_in(self, deployment: Deployment, capsys: Output) -> None:
        deployment.clients.add(Client("web", "acme", frozenset({"documents"}), hash_key("qk_12345")))
        assert main(["analyst-policy", "--tenant", "acme"]) == 0
        put, read = json.loads(capsys.readouterr().out)["Statement"]
        assert put == {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::in/inbox/acme/*"}
        assert read["Condition"] == {"StringLike": {"s3:prefix": ["inbox/acme/", "inbox/acme/*"]}}

    @pytest.mark.parametrize("tenant", ["nobody", "*", "${aws:username}"])
    def test_there_is_none_for_a_tenant_that_does_not_exist(
        self, deployment: Deployment, capsys: Output, tenant: str
    ) -> None:
        assert main(["analyst-policy", "--tenant", tenant]) == 1
        captured = capsys.readouterr()
        assert "there is no tenant" in captured.err and not captured.out


class TestWebhookKey:
    def test_the_key_comes_from_a_pipe_and_is_not_shown(
        self, deployment: Deployment, capsys: Output, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))
        assert main(["webhook-key"]) == 0
        captured = capsys.readouterr()
        assert "X-Api-Key" in captured.out and "s3cret" not in captured.out + captured.err
        parameters = boto3.client("events").describe_connection(Name="hook")["AuthParameters"]["ApiKeyAuthParameters"]
        assert parameters["ApiKeyName"] == "X-Api-Key" and parameters.get("ApiKeyValue", "s3cret") == "s3cret"

    def test_no_key_changes_nothing(
        self, deployment: Deployment, capsys: Output, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
        assert main(["webhook-key"]) == 1
        assert "no key was given" in capsys.readouterr().err
