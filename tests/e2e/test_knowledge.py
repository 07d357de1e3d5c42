"""Documents dropped into `knowledge/` are found as passages: the whole way, through boto3 and the API."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.api import call, wait_for
from tests.e2e.breaking import Faults
from tests.e2e.conftest import ROOT, RunningStack

ENDED = {"INDEXED", "FAILED", "DELETED"}


def drop(stack: RunningStack, key: str, body: bytes, **metadata: str) -> None:
    bucket = stack.outputs["DocumentsBucketName"]
    stack.client("s3").put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata)


def remove(stack: RunningStack, key: str) -> None:
    stack.client("s3").delete_object(Bucket=stack.outputs["DocumentsBucketName"], Key=key)


def document(stack: RunningStack, key: str, api_key: str = "") -> Any:
    """As the API tells it; None before it is known."""
    listed = call(stack.api_url, "GET", "/documents?limit=100", key=api_key or stack.key).json["items"]
    found = [item["document_id"] for item in listed if item["key"] == key]
    return found and call(stack.api_url, "GET", f"/documents/{found[0]}", key=api_key or stack.key).json


def ended(stack: RunningStack, key: str, *, state: str = "", api_key: str = "") -> Any:
    def read() -> Any:
        found = document(stack, key, api_key)
        return found if found and found["state"] in ({state} if state else ENDED) else None

    return wait_for(read, what=f"{key} to be {state or 'at its end'}")


def retrieve(stack: RunningStack, text: str, *conditions: dict[str, Any]) -> list[Any]:
    given: dict[str, Any] = conditions[0] if len(conditions) == 1 else {"andAll": list(conditions)}
    answer = stack.client("bedrock-agent-runtime").retrieve(
        knowledgeBaseId=stack.outputs["KnowledgeBaseId"],
        retrievalQuery={"text": text},
        retrievalConfiguration={"vectorSearchConfiguration": {"filter": given, "numberOfResults": 20}},
    )
    return list(answer["retrievalResults"])


def of(tenant: str) -> dict[str, Any]:
    return {"equals": {"key": "tenant", "value": tenant}}


def key_is(key: str) -> dict[str, Any]:
    return {"equals": {"key": "key", "value": key}}


def test_a_dropped_document_is_indexed_found_replaced_and_removed(stack: RunningStack) -> None:
    key = "knowledge/local/parental-leave.md"
    drop(stack, key, b"# Leave\n\nParents may stay at home for twenty weeks.", year="2024")
    first = ended(stack, key)
    assert first["state"] == "INDEXED", first
    assert [step["name"] for step in first["steps"]] == ["submit", "index"]
    (found,) = retrieve(stack, "How long is parental leave?", of("local"), key_is(key))
    assert "twenty weeks" in found["content"]["text"]
    assert found["location"]["customDocumentLocation"]["id"] == first["document_id"]
    assert (found["metadata"]["name"], found["metadata"]["year"]) == ("parental-leave.md", 2024)

    drop(stack, key, b"# Leave\n\nParents may stay at home for thirty weeks.")
    replaced = "the new text alone"
    wait_for(lambda: "thirty" in _texts(stack, key) and "twenty" not in _texts(stack, key), what=replaced)
    assert ended(stack, key, state="INDEXED")["document_id"] == first["document_id"]

    remove(stack, key)
    assert ended(stack, key, state="DELETED")
    wait_for(lambda: _texts(stack, key) == "", what="no passage of a removed document")


def _texts(stack: RunningStack, key: str) -> str:
    return " ".join(each["content"]["text"] for each in retrieve(stack, "parental leave", of("local"), key_is(key)))


def test_a_corrupt_document_fails_with_its_reason_and_cannot_be_retried_as_a_summary(stack: RunningStack) -> None:
    key = "knowledge/local/broken.pdf"
    drop(stack, key, b"%PDF-1.7 and nothing else")
    failed = ended(stack, key)
    assert (failed["state"], failed["error"]["code"]) == ("FAILED", "ingestion_failed")
    assert "could not be parsed" in failed["error"]["detail"]
    retry = call(stack.api_url, "POST", f"/documents/{failed['document_id']}/retry", key=stack.key)
    assert (retry.status, retry.json["code"]) == (409, "knowledge_document")
    dead = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs["KnowledgeDeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert dead["Attributes"]["ApproximateNumberOfMessages"] == "0"


def ops(stack: RunningStack, *arguments: str) -> str:
    command = [sys.executable, "-m", "ops", *arguments]
    environment = {**os.environ, **stack.environment()}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return result.stdout


@pytest.fixture(scope="module")
def globex(stack: RunningStack) -> str:
    """The key of another tenant."""
    made = ops(stack, "keys", "create", "--client", "plans", "--tenant", "globex", "--scopes", "documents")
    return next(word for word in made.split() if word.startswith("qk_"))


def test_two_tenants_keep_to_themselves(stack: RunningStack, globex: str) -> None:
    keys = {"local": "knowledge/local/plan.txt", "globex": "knowledge/globex/plan.txt"}
    for tenant, key in keys.items():
        drop(stack, key, f"The secret plan of {tenant} is to open a bakery.".encode())
    assert ended(stack, keys["local"])["state"] == "INDEXED"
    assert ended(stack, keys["globex"], api_key=globex)["state"] == "INDEXED"
    assert document(stack, keys["globex"]) == []
    for tenant in keys:
        texts = [each["content"]["text"] for each in retrieve(stack, "the secret plan", of(tenant))]
        assert texts and not [text for text in texts if "secret plan" in text and tenant not in text]


def test_sync_finds_what_was_lost_and_says_what_it_does(stack: RunningStack) -> None:
    key = "knowledge/local/lost.txt"
    drop(stack, key, b"Lighthouses warn ships of rocks.")
    ended(stack, key, state="INDEXED")
    agent, ids = stack.client("bedrock-agent"), _ids(stack)
    gone = [{"dataSourceType": "CUSTOM", "custom": {"id": document(stack, key)["document_id"]}}]
    agent.delete_knowledge_base_documents(**ids, documentIdentifiers=gone)
    wait_for(
        lambda: (
            agent.get_knowledge_base_documents(**ids, documentIdentifiers=gone)["documentDetails"][0]["status"]
            == "NOT_FOUND"
        ),
        what="the document to be lost",
    )
    assert "to ingest" in ops(stack, "knowledge", "sync")
    wait_for(lambda: retrieve(stack, "lighthouse", of("local"), key_is(key)), what="the document to be found again")


def _ids(stack: RunningStack) -> dict[str, str]:
    return {
        "knowledgeBaseId": stack.outputs["KnowledgeBaseId"],
        "dataSourceId": stack.outputs["KnowledgeDataSourceId"],
    }


def test_throttled_calls_are_waited_out(breaking_stack: RunningStack) -> None:
    faults = Faults(breaking_stack)
    faults.clear()
    faults.add("throttle", service="bedrock-agent", operation="IngestKnowledgeBaseDocuments", count=2)
    faults.add("throttle", service="bedrock-agent", operation="GetKnowledgeBaseDocuments", count=2)
    drop(breaking_stack, "knowledge/local/patience.txt", b"Patience is a virtue of queues.")
    assert ended(breaking_stack, "knowledge/local/patience.txt")["state"] == "INDEXED"
    assert faults.hits() == [2, 2]
    faults.clear()
