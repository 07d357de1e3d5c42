"""Documents dropped into S3 come back as summaries: the whole way, on real files and on bad ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

from tests.e2e.api import call, wait_for
from tests.e2e.conftest import ROOT, RunningStack

ENDED = {"SUMMARIZED", "FAILED"}


def drop(stack: RunningStack, key: str, body: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["DocumentsBucketName"], Key=key, Body=body)


def documents(stack: RunningStack) -> list[Any]:
    found: list[Any] = []
    path = "/documents?limit=100"
    while True:
        page = call(stack.api_url, "GET", path, key=stack.key).json
        found += page["items"]
        if not page["next_cursor"]:
            return found
        path = f"/documents?limit=100&cursor={page['next_cursor']}"


def ended(stack: RunningStack, key: str) -> Any:
    """The document of `key` once it is SUMMARIZED or FAILED, as GET /documents/{id} tells it."""

    def read() -> Any:
        found = [item for item in documents(stack) if item["key"] == key and item["state"] in ENDED]
        return found and call(stack.api_url, "GET", f"/documents/{found[0]['document_id']}", key=stack.key).json

    return wait_for(read, what=f"{key} to end")


def executions(stack: RunningStack, document_id: str) -> list[Any]:
    client = stack.client("stepfunctions")
    found = []
    for page in client.get_paginator("list_executions").paginate(
        stateMachineArn=stack.outputs["SummariesStateMachineArn"]
    ):
        for execution in page["executions"]:
            described = client.describe_execution(executionArn=execution["executionArn"])
            if json.loads(described["input"])["document_id"] == document_id:
                found.append(described)
    return found


def text_of(stack: RunningStack, key: str) -> str:
    read = stack.client("s3").get_object(Bucket=stack.outputs["ResultsBucketName"], Key=key)
    return str(read["Body"].read().decode())


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (ROOT / "examples").iterdir() if path.suffix in {".pdf", ".md", ".txt"})
)
def test_each_example_is_summarized(stack: RunningStack, name: str) -> None:
    drop(stack, f"inbox/local/examples/{name}", (ROOT / "examples" / name).read_bytes())
    document = ended(stack, f"inbox/local/examples/{name}")
    assert document["state"] == "SUMMARIZED", document
    summary = document["summary"]
    assert summary["title"] and len(summary["summary"]) > 40 and summary["key_points"] and summary["language"] == "en"
    assert document["cost_usd"] > 0
    assert [step["name"] for step in document["steps"]]
    assert json.loads(text_of(stack, f"summaries/local/examples/{name}.summary.json"))["summary"] == summary["summary"]
    assert summary["title"] in text_of(stack, f"summaries/local/examples/{name}.summary.md")


def test_one_section_costs_at_most_five_transitions(stack: RunningStack) -> None:
    drop(
        stack,
        "inbox/local/transitions.txt",
        b"The sea was calm. The wind came from the north. Nobody slept that night.",
    )
    document = ended(stack, "inbox/local/transitions.txt")
    (execution,) = executions(stack, document["document_id"])
    history = stack.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])["events"]
    entered = [event for event in history if event["type"].endswith("StateEntered")]
    assert execution["status"] == "SUCCEEDED"
    assert 1 + len(entered) <= 5


@pytest.mark.parametrize(
    "key",
    [
        "inbox/local/two words & more.txt",
        "inbox/local/한국어 보고서.txt",
        "inbox/local/a%2Fb+c.txt",
        "inbox/local/🪨 quarry.txt",
        "inbox/local/deep/er/path.txt",
    ],
)
def test_keys_of_any_script_work(stack: RunningStack, key: str) -> None:
    drop(stack, key, f"A note about {key}. It has three sentences. The third one says that all is well.".encode())
    document = ended(stack, key)
    assert document["state"] == "SUMMARIZED", document
    assert text_of(stack, f"summaries/{key.removeprefix('inbox/')}.summary.md")


def encrypted_pdf() -> bytes:
    import io

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(blank_pdf())))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def blank_pdf() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.rect(10, 10, 50, 50)
    return bytes(pdf.output())


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("inbox/local/empty.txt", b"", "empty_document"),
        ("inbox/local/blank.txt", b" \n\t ", "empty_document"),
        ("inbox/local/binary.txt", bytes(range(256)) * 20, "not_text"),
        ("inbox/local/locked.pdf", encrypted_pdf(), "encrypted_pdf"),
        ("inbox/local/scan.pdf", blank_pdf(), "needs_ocr"),
        ("inbox/local/broken.pdf", b"%PDF-1.7\nnot really", "damaged_pdf"),
        ("inbox/local/tool.exe", b"MZ\x90\x00\x03" + bytes(300), "unsupported_type"),
    ],
)
def test_what_cannot_be_read_fails_with_its_reason(stack: RunningStack, key: str, body: bytes, code: str) -> None:
    drop(stack, key, body)
    document = ended(stack, key)
    assert (document["state"], document["error"]["code"]) == ("FAILED", code), document
    assert document["error"]["detail"]
    assert document["cost_usd"] in {0, None}
    (execution,) = executions(stack, document["document_id"])
    assert execution["status"] == "FAILED"


def test_the_same_event_twice_runs_once(stack: RunningStack) -> None:
    key = "inbox/local/twice.txt"
    drop(stack, key, b"An event may come twice. The document must be summarized once. This is the last sentence.")
    document = ended(stack, key)
    execution_input = json.loads(executions(stack, document["document_id"])[0]["input"])
    event = {
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": "Object Created",
        "source": "aws.s3", "account": "123456789012", "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1", "resources": [],
        "detail": {
            "version": "0", "bucket": {"name": execution_input["bucket"]}, "reason": "PutObject",
            "object": {
                "key": key, "size": execution_input["size"], "etag": "x",
                "version-id": execution_input["version_id"], "sequencer": execution_input["sequencer"],
            },
        },
    }  # fmt: skip
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=stack.outputs["SummariesQueueUrl"], MessageBody=json.dumps(event))

    def drained() -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        waiting = sqs.get_queue_attributes(QueueUrl=stack.outputs["SummariesQueueUrl"], AttributeNames=names)[
            "Attributes"
        ]
        return all(count == "0" for count in waiting.values())

    wait_for(drained, what="the queue to be empty")
    assert len(executions(stack, document["document_id"])) == 1


def test_the_same_content_is_not_paid_twice(stack: RunningStack) -> None:
    body = b"Content can be dropped again. It is recognised by its hash. The first summary is used again."
    drop(stack, "inbox/local/original.txt", body)
    first = ended(stack, "inbox/local/original.txt")
    drop(stack, "inbox/local/copy.txt", body)
    second = ended(stack, "inbox/local/copy.txt")
    assert first["cost_usd"] > 0 and second["cost_usd"] == 0
    assert first["summary"] == second["summary"]


def test_an_unknown_tenant_segment_belongs_to_the_default_tenant(stack: RunningStack) -> None:
    drop(stack, "inbox/nobody/stray.txt", b"A stray document. It has no known tenant. The default tenant gets it.")
    assert ended(stack, "inbox/nobody/stray.txt")["state"] == "SUMMARIZED"


def test_a_folder_marker_is_no_document(stack: RunningStack) -> None:
    drop(stack, "inbox/local/folder/", b"")
    drop(
        stack, "inbox/local/after-the-folder.txt", b"This comes after the folder. It is a document. The folder is not."
    )
    ended(stack, "inbox/local/after-the-folder.txt")
    assert not [item for item in documents(stack) if item["key"].endswith("/")]


def test_an_unknown_document_is_not_found(stack: RunningStack) -> None:
    answer = call(stack.api_url, "GET", "/documents/doc_000000000000000000000000", key=stack.key)
    assert (answer.status, answer.json["code"]) == (404, "not_found")
