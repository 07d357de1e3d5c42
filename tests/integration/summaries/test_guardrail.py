"""The guardrail in the summaries' workflow: by setting on nothing, on the summary, or on the document too."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from lambdas.shared.adapters import aws_clients
from lambdas.shared.domain.errors import BlockedByGuardrailError
from lambdas.summaries import fail_handler, infer_handler, prepare_handler
from tests.contract.test_guardrail import METRICS, verdict
from tests.fakes.documents import SUMMARY
from tests.integration.summaries.conftest import CONTEXT, Deployed
from tests.integration.summaries.test_workflow import item, state_after_drop

BLOCKING = {"wordPolicy": {"customWords": [{"match": "x", "action": "BLOCKED"}], "managedWordLists": []}}
PII = [{"match": "Nothing", "type": "NAME", "action": "ANONYMIZED"}]
MASKING = {"sensitiveInformationPolicy": {"piiEntities": PII, "regexes": []}}


class Bedrock:
    """Below the adapters: what was sent, and the guardrail's next verdicts."""

    def __init__(self, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.converse: list[dict[str, Any]] = []
        self.checked: list[dict[str, Any]] = []
        self.verdict = verdict("NONE", [], {"invocationMetrics": METRICS})
        monkeypatch.setenv("GUARDRAIL_ID", "gr1")
        monkeypatch.setenv("GUARDRAIL_VERSION", "3")
        monkeypatch.setenv("SUMMARIES_GUARDRAIL", mode)
        clients = [
            aws_clients.bedrock_runtime(attempts=1, read_timeout_seconds=infer_handler.READ_TIMEOUT_SECONDS),
            aws_clients.bedrock_runtime(
                attempts=infer_handler.CHECK_ATTEMPTS, read_timeout_seconds=infer_handler.CHECK_TIMEOUT_SECONDS
            ),
        ]
        for client in clients:
            client.meta.events.register("before-parameter-build.bedrock-runtime.Converse", self._seen)
            client.meta.events.register("before-call.bedrock-runtime.ApplyGuardrail", self._check)

    def _seen(self, params: dict[str, Any], **_: Any) -> None:
        self.converse.append(params)

    def _check(self, params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        self.checked.append(json.loads(params["body"]))
        return SimpleNamespace(status_code=200), self.verdict


def prepared(deployed: Deployed) -> dict[str, Any]:
    state = state_after_drop(deployed)
    state["prepared"] = prepare_handler.handler(state, CONTEXT)
    return state


def ledger() -> dict[str, Any]:
    (event,) = boto3.client("dynamodb").scan(TableName="ledger")["Items"]
    return dict(event)


def test_output_checks_the_summary_alone(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = Bedrock("output", monkeypatch)
    infer_handler.handler(prepared(deployed), CONTEXT)
    (sent,) = bedrock.converse
    assert "guardrailConfig" not in sent
    (checked,) = bedrock.checked
    assert checked == {"source": "OUTPUT", "content": [{"text": {"text": json.dumps(SUMMARY.as_json())}}]}
    # two units of three policies
    assert float(ledger()["guardrail_usd"]["N"]) == pytest.approx(2 * (0.15 + 0.15 + 0.10) / 1000)


def test_both_sends_the_guardrail_along_with_the_document(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = Bedrock("both", monkeypatch)
    infer_handler.handler(prepared(deployed), CONTEXT)
    (sent,) = bedrock.converse
    assert sent["guardrailConfig"] == {
        "guardrailIdentifier": "gr1", "guardrailVersion": "3", "trace": "enabled",
    }  # fmt: skip
    ((block,),) = (message["content"] for message in sent["messages"])
    assert "A quiet year" in block["guardContent"]["text"]["text"]
    assert bedrock.checked == []


def test_none_asks_nothing(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = Bedrock("none", monkeypatch)
    infer_handler.handler(prepared(deployed), CONTEXT)
    assert "guardrailConfig" not in bedrock.converse[0] and bedrock.checked == []
    assert "guardrail_usd" not in ledger()


def test_a_masked_summary_is_stored_masked(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = Bedrock("output", monkeypatch)
    text = json.dumps(SUMMARY.as_json()).replace("Nothing", "{NAME}")
    bedrock.verdict = verdict("GUARDRAIL_INTERVENED", [text], {**MASKING, "invocationMetrics": METRICS})
    receipt = infer_handler.handler(prepared(deployed), CONTEXT)
    assert json.loads(deployed.read(receipt["answer_key"]))["text"] == text


def test_a_blocked_summary_ends_failed_and_stores_no_word(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = Bedrock("output", monkeypatch)
    bedrock.verdict = verdict("GUARDRAIL_INTERVENED", ["No."], {**BLOCKING, "invocationMetrics": METRICS})
    state = prepared(deployed)
    with pytest.raises(BlockedByGuardrailError) as raised:
        infer_handler.handler(state, CONTEXT)
    listed = boto3.client("s3").list_objects_v2(Bucket=deployed.results, Prefix="work/")
    assert not [each["Key"] for each in listed["Contents"] if "/answers/" in each["Key"]]
    assert ledger()["outcome"]["S"] == "blocked" and float(ledger()["cost_usd"]["N"]) > 0

    cause = json.dumps({"errorMessage": str(raised.value), "errorType": "BlockedByGuardrailError"})
    state["failure"] = {"Error": "BlockedByGuardrailError", "Cause": cause}
    fail_handler.handler(state, CONTEXT)
    record = item(state)
    assert record["state"] == "FAILED"
    assert "blocked_by_guardrail" in json.dumps(record, default=str)
