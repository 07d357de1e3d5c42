"""The workflow's functions, called as the state machine calls them."""

from __future__ import annotations

import copy
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from pypdf import PdfReader, PdfWriter

from lambdas.shared.adapters.dynamodb_slots import DynamoDbSlots
from lambdas.shared.domain.errors import InvalidAnswerError, SupersededError, UnreadableDocumentError
from lambdas.shared.domain.slots import NoSlotError
from lambdas.shared.services.model_slots import SCOPE
from lambdas.summaries import (
    collect_handler,
    fail_handler,
    infer_handler,
    merge_handler,
    prepare_handler,
    start_handler,
)
from tests.fakes.documents import SUMMARY
from tests.integration.summaries.conftest import CONTEXT, ROOT, Deployed
from tests.integration.summaries.test_start import CREATED, batch_of

TEXT = b"A quiet year went by. Nothing happened. It was noted."
KEY = "inbox/acme/report.txt"
PDF = (ROOT / "examples" / "heron-field-report.pdf").read_bytes()
_sequencer = iter(range(1, 10_000))


def state_after_drop(deployed: Deployed, body: bytes = TEXT, key: str = KEY) -> dict[str, Any]:
    """Drop a document, deliver its event, and take the execution's input."""
    event = copy.deepcopy(CREATED)
    event["detail"]["object"].update(
        {"key": key, "size": len(body), "version-id": deployed.drop(body, key), "sequencer": f"{next(_sequencer):08X}"}
    )
    before = {execution["name"] for execution in deployed.executions()}
    start_handler.handler(batch_of(event), CONTEXT)
    (execution,) = (execution for execution in deployed.executions() if execution["name"] not in before)
    return dict(json.loads(execution["input"]))


def until_asked(state: dict[str, Any]) -> dict[str, Any]:
    state["prepared"] = prepare_handler.handler(state, CONTEXT)
    state["answered"] = infer_handler.handler(state, CONTEXT)
    return state


def item(state: dict[str, Any]) -> dict[str, Any]:
    table = boto3.resource("dynamodb").Table("documents")
    return dict(table.get_item(Key={"pk": state["tenant"], "sk": f"document#{state['document_id']}"})["Item"])


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (TEXT, KEY),
        (PDF, "inbox/acme/herons.pdf"),
        ("Ein ruhiges Jahr. Größe zählt nicht.".encode("cp1252"), "inbox/acme/jahr.md"),
        ("조용한 한 해였다.".encode("utf-16"), "inbox/acme/한국어 보고서 100%2F1 🪨.txt"),
    ],
)
def test_a_dropped_document_becomes_a_stored_summary(deployed: Deployed, body: bytes, key: str) -> None:
    state = until_asked(state_after_drop(deployed, body, key))
    output = collect_handler.handler(state, CONTEXT)

    path = key.removeprefix("inbox/")
    assert output["key"] == f"summaries/{path}.summary.json"
    stored = json.loads(deployed.read(output["key"]))
    assert {name: stored[name] for name in SUMMARY.as_json()} == SUMMARY.as_json()
    assert deployed.read(f"summaries/{path}.summary.md").startswith("# A quiet year")
    record = item(state)
    assert record["state"] == "SUMMARIZED" and record["cost_usd"] > 0
    (event,) = deployed.published()
    assert (event["source"], event["detail-type"]) == ("quarry", "Summary Ready")
    assert event["detail"]["document_id"] == state["document_id"]
    assert event["detail"]["cost_usd"] == float(record["cost_usd"])
    assert len(json.dumps(state)) < 4096


def test_a_long_document_goes_through_sections_and_their_merge(deployed: Deployed) -> None:
    text = "".join(f"# Chapter {n}\n\n" + "It rained, and it was noted. " * 90 + "\n\n" for n in range(12))
    state = state_after_drop(deployed, text.encode())
    state["prepared"] = prepare_handler.handler(state, CONTEXT)
    sections = state["prepared"]["records"]
    assert sections > 1
    for line in deployed.read(state["prepared"]["items_key"]).splitlines():
        infer_handler.handler({**state, "line": json.loads(line)}, CONTEXT)
    state["prepared"] = merge_handler.handler(state, CONTEXT)
    assert (state["prepared"]["level"], state["prepared"]["records"]) == (1, 1)
    state["answered"] = infer_handler.handler(state, CONTEXT)
    collect_handler.handler(state, CONTEXT)
    record = item(state)
    assert record["sections"] == sections and record["calls"] == deployed.calls == sections + 1
    assert record["cost_usd"] > 0 and len(json.dumps(state)) < 4096
    assert boto3.client("dynamodb").scan(TableName="slots")["Items"] == []


def test_beyond_the_bound_a_call_waits_for_its_turn(deployed: Deployed) -> None:
    state = state_after_drop(deployed)
    state["prepared"] = prepare_handler.handler(state, CONTEXT)
    slots = DynamoDbSlots(boto3.client("dynamodb"), table="slots")
    now = datetime.now(UTC)
    for holder in "abc":
        slots.take(SCOPE, most=3, holder=holder, now=now, expires_at=now + timedelta(minutes=1))
    with pytest.raises(NoSlotError, match=r"^\[no_slot\] "):
        infer_handler.handler(state, CONTEXT)
    assert deployed.calls == 0


def test_what_the_steps_hand_on_is_json(deployed: Deployed) -> None:
    state = until_asked(state_after_drop(deployed))
    assert json.dumps(json.loads(json.dumps(state))) == json.dumps(state)
    assert set(state["answered"]) == {"answer_key", "stop_reason", "input_tokens", "output_tokens", "cost_usd"}


def test_the_same_content_is_not_paid_twice(deployed: Deployed) -> None:
    collect_handler.handler(until_asked(state_after_drop(deployed)), CONTEXT)
    state = until_asked(state_after_drop(deployed, key="inbox/acme/copy.txt"))
    collect_handler.handler(state, CONTEXT)
    assert deployed.calls == 1
    assert item(state)["cost_usd"] == 0 and item(state)["reused"] is True


def test_a_repeated_infer_does_not_pay_again(deployed: Deployed) -> None:
    state = until_asked(state_after_drop(deployed))
    assert infer_handler.handler(state, CONTEXT) == state["answered"]
    assert deployed.calls == 1
    ledger = boto3.client("dynamodb").scan(TableName="ledger")["Items"]
    assert len(ledger) == 1


def test_a_repeated_collect_stores_the_result_once(deployed: Deployed) -> None:
    state = until_asked(state_after_drop(deployed))
    first = collect_handler.handler(state, CONTEXT)
    assert collect_handler.handler(state, CONTEXT) == first
    versions = boto3.client("s3").list_object_versions(Bucket=deployed.results, Prefix="summaries/")["Versions"]
    assert len(versions) == 2


def test_an_older_version_leaves_no_result_behind(deployed: Deployed) -> None:
    old = until_asked(state_after_drop(deployed))
    new = state_after_drop(deployed, b"Version two. It is newer. It wins.")
    with pytest.raises(SupersededError):
        collect_handler.handler(old, CONTEXT)
    assert boto3.client("s3").list_object_versions(Bucket=deployed.results, Prefix="summaries/").get("Versions") is None
    collect_handler.handler(until_asked(new), CONTEXT)
    assert item(new)["version_id"] == new["version_id"]


def test_an_invalid_answer_is_kept_aside_and_asked_for_again(deployed: Deployed) -> None:
    deployed.answers[:0] = ["I would rather not."]
    state = state_after_drop(deployed)
    state["prepared"] = prepare_handler.handler(state, CONTEXT)
    with pytest.raises(InvalidAnswerError, match=r"^\[invalid_answer\] "):
        infer_handler.handler(state, CONTEXT)
    state["answered"] = infer_handler.handler(state, CONTEXT)
    collect_handler.handler(state, CONTEXT)
    assert deployed.calls == 2 and item(state)["state"] == "SUMMARIZED"


def encrypted_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(PDF)))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "key", "code"),
    [
        (b"", "inbox/acme/empty.txt", "empty_document"),
        (encrypted_pdf(), "inbox/acme/locked.pdf", "encrypted_pdf"),
        (bytes(range(256)) * 20, "inbox/acme/binary.txt", "not_text"),
        (b"PK\x03\x04", "inbox/acme/slides.pptx", "damaged_pptx"),
    ],
)
def test_a_document_that_cannot_be_read_fails_with_its_reason(
    deployed: Deployed, body: bytes, key: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = state_after_drop(deployed, body, key)
    with pytest.raises(UnreadableDocumentError) as raised:
        prepare_handler.handler(state, CONTEXT)
    cause = json.dumps({"errorMessage": str(raised.value), "errorType": "UnreadableDocumentError"})
    fail_handler.handler({**state, "failure": {"Error": "UnreadableDocumentError", "Cause": cause}}, CONTEXT)

    record = item(state)
    assert (record["state"], record["error"]["code"], record["cost_usd"]) == ("FAILED", code, 0)
    (event,) = deployed.published()
    assert (event["detail-type"], event["detail"]["code"]) == ("Summary Failed", code)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["code"] for line in lines if "code" in line] == [code]


def test_a_deleted_document_is_deleted(deployed: Deployed) -> None:
    state = state_after_drop(deployed)
    boto3.client("s3").delete_object(Bucket=deployed.documents, Key=KEY)
    with pytest.raises(UnreadableDocumentError, match=r"^\[deleted\] "):
        prepare_handler.handler(state, CONTEXT)


def test_a_timeout_without_a_cause_is_recorded(deployed: Deployed) -> None:
    state = state_after_drop(deployed)
    fail_handler.handler({**state, "failure": {"Error": "States.Timeout"}}, CONTEXT)
    assert item(state)["error"]["code"] == "timed_out"


def test_no_text_of_a_document_is_logged(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    collect_handler.handler(until_asked(state_after_drop(deployed)), CONTEXT)
    logged = capsys.readouterr()
    assert "quiet" not in logged.out + logged.err
    assert len(logged.out.splitlines()) == 4
