"""`python -m ops doctor` against an account in moto and an API that answers, or does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest

from ops.__main__ import main
from ops.doctor import examine
from tests.integration.ops.account import Account

Output = pytest.CaptureFixture[str]


@pytest.fixture
def api() -> Iterator[str]:
    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/prod/health" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/prod/"
    server.shutdown()
    server.server_close()


def deploy(**outputs: str) -> None:
    template = {
        "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="Quarry-X", TemplateBody=json.dumps(template))


def queue() -> str:
    return str(boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"])


def test_a_deployment_that_is_well_costs_nothing_while_idle(account: Account, api: str, capsys: Output) -> None:
    deploy(ApiUrl=api, SummariesDeadLetterQueueUrl=queue(), KnowledgeVectorStore="s3_vectors")
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "ok  stack Quarry-X is CREATE_COMPLETE" in printed
    assert "ok  0 dead letters of Summaries" in printed and "answers /health" in printed
    assert "$0.00 a month while nobody asks" in printed and "!!" not in printed


def test_a_store_that_is_billed_by_the_hour_is_named_with_its_price(account: Account) -> None:
    deploy(KnowledgeVectorStore="opensearch_serverless")
    assert any("opensearch_serverless: $175.20 a month" in finding.what for finding in examine("Quarry"))


def test_dead_letters_and_an_api_that_is_away_are_told_with_their_remedy(account: Account, capsys: Output) -> None:
    dead = queue()
    boto3.client("sqs").send_message(QueueUrl=dead, MessageBody="x")
    deploy(ApiUrl="http://127.0.0.1:9/prod/", KnowledgeDeadLetterQueueUrl=dead)
    assert main(["doctor"]) == 1
    printed = capsys.readouterr()
    assert "!!  1 dead letters of Knowledge: bring them back: python -m ops knowledge sync" in printed.out
    assert "does not answer /health" in printed.out and "2 of " in printed.err


def test_a_stack_whose_deployment_failed_is_told(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy()
    backend = __import__("moto.cloudformation.models", fromlist=["cloudformation_backends"]).cloudformation_backends
    (stack,) = backend["123456789012"]["us-east-1"].stacks.values()
    monkeypatch.setattr(stack, "status", "UPDATE_ROLLBACK_COMPLETE")
    assert any("UPDATE_ROLLBACK_COMPLETE" in found.what and "deploy again" in found.remedy for found in examine("Q"))


def test_an_api_at_another_address_is_asked_there(account: Account, api: str) -> None:
    deploy(ApiUrl="http://127.0.0.1:9/prod/")
    assert main(["doctor", "--api-url", api]) == 0


def test_where_nothing_is_deployed_the_remedy_says_so(account: Account, capsys: Output) -> None:
    assert main(["doctor"]) == 1
    assert "deploy first, or set AWS_REGION" in capsys.readouterr().out
