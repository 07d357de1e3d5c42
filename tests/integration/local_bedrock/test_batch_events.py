"""EventBridge hears of each status in AWS's own form."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.local_bedrock.batch_house import BatchHouse, converse_row
from tests.integration.local_cloud.support import until


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def test_each_status_is_an_event(house: BatchHouse, clients: Any) -> None:
    events, sqs = clients("events"), clients("sqs")
    url = sqs.create_queue(QueueName=house.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.bedrock"],
        "detail-type": ["Batch Inference Job State Change"],
        "detail": {"batchJobName": [{"prefix": house.name}]},
    }
    events.put_rule(Name=house.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=house.name, Targets=[{"Id": "queue", "Arn": arn}])
    job = house.run([converse_row(number) for number in range(10)])
    heard: list[dict[str, Any]] = []
    until(lambda: heard.extend(received(sqs, url)) or len(heard) == 5)
    assert [event["detail"]["status"] for event in heard] == [
        "Submitted", "Validating", "Scheduled", "InProgress", "Completed",
    ]  # fmt: skip
    last = heard[-1]
    assert last["resources"] == [job["jobArn"]] and last["detail"]["batchJobArn"] == job["jobArn"]
    detail = last["detail"]
    assert detail["batchModelId"] == "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
    assert (detail["version"], detail["accountId"], detail["failureMessage"]) == ("0.0", "123456789012", "")
    assert f"{job['submitTime'].astimezone():%Y}" in detail["creationTime"]
    house.run([converse_row(1)])
    failed: list[dict[str, Any]] = []
    until(lambda: failed.extend(received(sqs, url)) or any(e["detail"]["status"] == "Failed" for e in failed))
    assert "required minimum of: 10" in failed[-1]["detail"]["failureMessage"]
