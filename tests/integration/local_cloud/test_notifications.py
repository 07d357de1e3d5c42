"""Who is told that a document has ended is told locally too: the web address by a real call, or the event is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.cloud import Cloud, deploy
from local.deployment import Deployment
from tests.integration.local_cloud.support import until

KEY = "inbox/acme/한국어 보고서.pdf"


@dataclass
class Receiver:
    """A web server; it answers with the next of `statuses`, and with 200 once there are none."""

    url: str = ""
    calls: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/quarry?from=test"
    yield found
    server.shutdown()


@pytest.fixture(scope="module")
def deployment(cloud: Cloud, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The construct of the summaries stack beside a bucket, made by CDK and deployed as the whole app is."""
    from aws_cdk import CfnOutput, Stack, aws_s3

    import tests.infrastructure.conftest  # noqa: F401 (it puts Node.js on the path)
    from stacks.components.summary_notifications import SummaryNotifications
    from stacks.notification_settings import NotificationSettings
    from tests.infrastructure.assembly import app_with

    folder = tmp_path_factory.mktemp("told") / "out"
    app = app_with(folder, {})
    stack = Stack(app, "Told")
    inbox = aws_s3.Bucket(stack, "Inbox")
    CfnOutput(stack, "DocumentsBucketName", value=inbox.bucket_name)
    told = NotificationSettings(email=("team@example.com",), webhook_url=receiver.url, webhook_header="X-Api-Key")
    SummaryNotifications(stack, "Notifications", settings=told, inbox=inbox)
    app.synth()
    return deploy(folder, cloud)


@pytest.fixture(autouse=True)
def _fresh(receiver: Receiver) -> None:
    receiver.calls.clear()
    receiver.statuses.clear()


def publish(cloud: Cloud, bucket: str, kind: str = "Summary Ready", **more: str) -> None:
    detail = {"document_id": "doc_1", "tenant": "acme", "bucket": bucket, "key": KEY, "markdown_key": "a.md", **more}
    entry = {"Source": "quarry", "DetailType": kind, "Detail": json.dumps(detail)}
    cloud.client("events").put_events(Entries=[entry])


def kept(cloud: Cloud, deployment: Deployment) -> list[Any]:
    url = deployment.outputs["NotificationsDeadLetterQueueUrl"]
    return cloud.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])


def test_the_web_address_is_called_with_the_event_and_the_key(
    cloud: Cloud, deployment: Deployment, receiver: Receiver
) -> None:
    cloud.client("events").update_connection(
        Name=deployment.outputs["WebhookConnectionName"],
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "s3cret"}},
    )
    for kind in ("Summary Ready", "Summary Failed"):
        receiver.calls.clear()
        publish(cloud, deployment.outputs["DocumentsBucketName"], kind)
        path, headers, event = until(lambda: receiver.calls)[0]
        assert path == "/quarry?from=test"
        assert headers["x-api-key"] == "s3cret" and headers["content-type"].startswith("application/json")
        assert (event["source"], event["detail-type"], event["detail"]["key"]) == ("quarry", kind, KEY)
    assert not kept(cloud, deployment)


def test_another_deployments_documents_are_not_told(cloud: Cloud, deployment: Deployment, receiver: Receiver) -> None:
    publish(cloud, "somebody-elses-bucket")
    publish(cloud, deployment.outputs["DocumentsBucketName"])
    until(lambda: receiver.calls)
    assert [event["detail"]["bucket"] for _, _, event in receiver.calls] == [deployment.outputs["DocumentsBucketName"]]


def test_a_receiver_that_fails_is_called_again(cloud: Cloud, deployment: Deployment, receiver: Receiver) -> None:
    receiver.statuses = [503]
    publish(cloud, deployment.outputs["DocumentsBucketName"])
    until(lambda: len(receiver.calls) == 2)
    assert not kept(cloud, deployment)


def test_what_the_receiver_refuses_is_kept(cloud: Cloud, deployment: Deployment, receiver: Receiver) -> None:
    receiver.statuses = [400]
    publish(cloud, deployment.outputs["DocumentsBucketName"])
    (message,) = until(lambda: kept(cloud, deployment))
    assert json.loads(message["Body"])["detail"]["key"] == KEY
    assert "answered 400" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert len(receiver.calls) == 1


def test_mail_is_handed_to_the_topic_in_words(cloud: Cloud, deployment: Deployment) -> None:
    """moto sends no mail; another subscriber of the topic reads what would be sent."""
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    (topic,) = {each["TopicArn"] for each in sns.list_subscriptions()["Subscriptions"] if each["Protocol"] == "email"}
    url = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    bucket = deployment.outputs["DocumentsBucketName"]
    publish(cloud, bucket, "Summary Failed", code="no_text", detail='It needs "OCR".')
    (message,) = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    assert f"A document could not be summarized: {KEY}" in message["Body"]
    assert "no_text: It needs" in message["Body"]
