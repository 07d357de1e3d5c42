"""A document's life over HTTP and S3: uploaded by a form, listed, tried again, replaced, deleted, sent back."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.api import Answer, call, wait_for
from tests.e2e.clients import add_key
from tests.e2e.conftest import ROOT, RunningStack
from tests.e2e.test_documents import drop, executions, text_of

TEXT = b"The weir was raised in spring. Herons moved upstream. Eleven nests were counted."


class Tenant:
    """A tenant of this module alone, so that its lists hold what the test made."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.name = f"life-{uuid.uuid4().hex[:8]}"
        self._key = add_key(stack, tenant=self.name, client="web")

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return call(self.stack.api_url, method, path, body, key=self._key, headers=headers)

    def drop(self, name: str, body: bytes = TEXT) -> None:
        drop(self.stack, f"inbox/{self.name}/{name}", body)

    def find(self, name: str) -> Any:
        """The document of this name, as the list shows it; None where there is none."""
        items = self.call("GET", f"/documents?prefix={quote(name)}").json["items"]
        return next((item for item in items if item["key"] == f"inbox/{self.name}/{name}"), None)

    def until(self, name: str, state: str) -> Any:
        def there() -> Any:
            found = self.find(name)
            return found and found["state"] == state and self.call("GET", f"/documents/{found['document_id']}").json

        return wait_for(there, what=f"{name} to be {state}")

    def delete(self, name: str, **version: str) -> None:
        bucket = self.stack.outputs["DocumentsBucketName"]
        self.stack.client("s3").delete_object(Bucket=bucket, Key=f"inbox/{self.name}/{name}", **version)


@pytest.fixture(scope="module")
def tenant(stack: RunningStack) -> Tenant:
    return Tenant(stack)


def curl(form: Any, body: bytes) -> int:
    """What docs/summaries.md tells people to do."""
    fields = [part for name, value in form["fields"].items() for part in ("--form-string", f"{name}={value}")]
    command = ["curl", "-s", "-o", "-", "-w", "\n%{http_code}", *fields, "-F", "file=@-", form["url"]]
    done = subprocess.run(command, input=body, capture_output=True, check=True, timeout=30)
    return int(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["2026/two words.txt", "한국어 %2F 🪨.txt"])
def test_a_document_that_is_uploaded_by_its_form_is_summarized(tenant: Tenant, name: str) -> None:
    answer = tenant.call("POST", "/documents", {"name": name, "size": len(TEXT), "content_type": "text/plain"})
    assert answer.status == 201, answer.text
    assert curl(answer.json["upload"], TEXT + b"!") == 400, "another size than was told"
    assert curl(answer.json["upload"], TEXT) == 204
    document = tenant.until(name, "SUMMARIZED")
    assert (document["document_id"], document["key"]) == (answer.json["document_id"], answer.json["key"])
    assert document["attempt"] == 1 and document["result"]["key"].endswith(f"{name}.summary.json")


def test_lists_are_chosen_by_state_name_and_time(tenant: Tenant) -> None:
    tenant.drop("list/good.txt")
    tenant.drop("list/empty.txt", b" ")
    good, empty = tenant.until("list/good.txt", "SUMMARIZED"), tenant.until("list/empty.txt", "FAILED")

    def listed(query: str) -> set[str]:
        answer = tenant.call("GET", f"/documents?{query}&limit=100")
        assert answer.status == 200, answer.text
        return {item["document_id"] for item in answer.json["items"]}

    both = {good["document_id"], empty["document_id"]}
    assert listed("prefix=list/") == both
    assert listed("prefix=list/&state=FAILED") == {empty["document_id"]}
    assert listed("prefix=list/&state=SUMMARIZED&since=2026-01-01") == {good["document_id"]}
    assert not listed("prefix=list/&until=2026-01-01")
    assert empty["document_id"] in listed(f"since={empty['received_at']}")
    assert empty["document_id"] not in listed(f"state=FAILED&until={empty['received_at']}")


def test_a_failed_document_is_tried_again_as_the_next_attempt(tenant: Tenant) -> None:
    tenant.drop("retry.txt", b" ")
    first = tenant.until("retry.txt", "FAILED")
    path = f"/documents/{first['document_id']}/retry"
    answers = [tenant.call("POST", path, **{"idempotency-key": "again"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json["attempt"] == 2 and answers[0].json["state"] == "RECEIVED"
    assert answers[1].text == answers[0].text and answers[1].headers["idempotency-replayed"] == "true"
    second = tenant.until("retry.txt", "FAILED")
    assert second["attempt"] == 2 and second["error"]["code"] == "empty_document"
    names = {each["name"] for each in executions(tenant.stack, first["document_id"])}
    assert {name.rpartition("-")[2] for name in names} == {"1", "2"}


def test_what_has_not_failed_cannot_be_tried_again(tenant: Tenant) -> None:
    tenant.drop("fine.txt")
    document = tenant.until("fine.txt", "SUMMARIZED")
    answer = tenant.call("POST", f"/documents/{document['document_id']}/retry")
    assert (answer.status, answer.json["code"]) == (409, "document_not_failed")
    assert "SUMMARIZED" in answer.json["detail"]


def test_a_deleted_document_is_marked_and_keeps_its_summary_until_it_is_dropped_again(tenant: Tenant) -> None:
    tenant.drop("gone.txt")
    before = tenant.until("gone.txt", "SUMMARIZED")
    tenant.delete("gone.txt")
    after = tenant.until("gone.txt", "DELETED")
    assert (after["summary"], after["result"]) == (before["summary"], before["result"])
    assert text_of(tenant.stack, after["result"]["markdown_key"])
    tenant.drop("gone.txt", TEXT + b" A new version says more.")
    again = tenant.until("gone.txt", "SUMMARIZED")
    assert again["document_id"] == before["document_id"] and again["size"] > before["size"]


def test_the_removal_of_a_replaced_version_leaves_the_document_alone(tenant: Tenant) -> None:
    bucket, key = tenant.stack.outputs["DocumentsBucketName"], f"inbox/{tenant.name}/twice.txt"
    s3 = tenant.stack.client("s3")
    old = s3.put_object(Bucket=bucket, Key=key, Body=TEXT)["VersionId"]
    new = s3.put_object(Bucket=bucket, Key=key, Body=TEXT + b" Twice.")["VersionId"]
    tenant.until("twice.txt", "SUMMARIZED")
    tenant.delete("twice.txt", VersionId=old)
    tenant.drop("after.txt")
    tenant.until("after.txt", "SUMMARIZED")
    assert tenant.find("twice.txt")["state"] == "SUMMARIZED"
    tenant.delete("twice.txt", VersionId=new)
    tenant.until("twice.txt", "DELETED")


def test_a_dead_letter_that_can_be_read_is_handled_once_it_is_sent_back(tenant: Tenant) -> None:
    """Its object is gone by then, which the workflow says; what no function can read stays where it is."""
    stack, sqs = tenant.stack, tenant.stack.client("sqs")
    event = json.loads((ROOT / "tests/events/s3_object_created.json").read_text(encoding="utf-8"))
    event["detail"]["bucket"]["name"] = stack.outputs["DocumentsBucketName"]
    event["detail"]["object"]["key"] = f"inbox/{tenant.name}/buried.txt"
    for body in (json.dumps(event), "nonsense"):
        sqs.send_message(QueueUrl=stack.outputs["SummariesDeadLetterQueueUrl"], MessageBody=body)
    shown = ops(stack, "redrive", "--dry-run")
    assert shown.startswith("2 dead letters") and "would go back to the queue: 1" in shown
    assert "buried" not in shown and "nonsense" not in shown
    moved = ops(stack, "redrive")
    assert "1 dead letter went back" in moved and "1 dead letter stayed" in moved
    assert tenant.until("buried.txt", "DELETED")["error"]["code"] == "deleted"


def test_what_failed_is_tried_again_by_the_operator(tenant: Tenant) -> None:
    tenant.drop("operator.txt", b" ")
    tenant.until("operator.txt", "FAILED")
    chosen = ("redrive", "--failed", "--tenant", tenant.name, "--code", "empty_document")
    assert f"{tenant.name}  empty_document" in ops(tenant.stack, *chosen, "--dry-run")
    assert tenant.until("operator.txt", "FAILED")["attempt"] == 1
    assert "tried again: " in ops(tenant.stack, *chosen)
    wait_for(lambda: tenant.until("operator.txt", "FAILED")["attempt"] == 2, what="the second attempt to end")


def test_the_analysts_policy_is_printed_for_a_tenant(tenant: Tenant) -> None:
    policy = json.loads(ops(tenant.stack, "analyst-policy", "--tenant", tenant.name))
    objects = {statement["Resource"] for statement in policy["Statement"] if "Condition" not in statement}
    documents, results = (tenant.stack.outputs[f"{name}BucketName"] for name in ("Documents", "Results"))
    assert objects == {
        f"arn:aws:s3:::{documents}/inbox/{tenant.name}/*",
        f"arn:aws:s3:::{results}/summaries/{tenant.name}/*",
    }


def ops(stack: RunningStack, *arguments: str) -> str:
    command = [sys.executable, "-m", "ops", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
