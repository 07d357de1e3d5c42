"""The bulk routes with API Gateway's events, on tables, buckets and a state machine."""

from __future__ import annotations

from functools import partial
from typing import Any

import boto3
import pytest

from lambdas.bulk_runs import control_handler, read_handler, start_handler
from lambdas.shared.adapters import s3_source_pages
from lambdas.shared.domain.bulk.run import RunState
from tests.integration.bulk_runs.conftest import Archive
from tests.integration.documents.conftest import Send
from tests.integration.documents.test_retry import inputs

ROUTES = {
    "start": (start_handler, "POST /bulk-summaries"),
    "list": (read_handler, "GET /bulk-summaries"),
    "get": (read_handler, "GET /bulk-summaries/{id}"),
    "resume": (control_handler, "POST /bulk-summaries/{id}/resume"),
    "stop": (control_handler, "DELETE /bulk-summaries/{id}"),
}
SOURCE = "s3://archive/letters/"


@pytest.fixture
def ask(archive: Archive, send: Send) -> Send:
    def asked(route: str, run_id: str | None = None, body: object = None, **more: Any) -> tuple[int, Any]:
        handler, path = ROUTES[route]
        return send(handler.handler, path, body, document_id=run_id, **{"scopes": "bulk", **more})

    archive.fill(12)
    return asked


def started(ask: Send, **fields: Any) -> dict[str, Any]:
    status, run = ask("start", body={"source": SOURCE, **fields})
    assert status == 202, run
    return dict(run)


def test_a_dry_run_is_a_plan_and_leaves_nothing_behind(ask: Send) -> None:
    status, plan = ask("start", body={"source": SOURCE, "dry_run": True, "max_usd": 5, "deadline": "72h"})
    assert status == 200
    assert (plan["documents"], plan["jobs"], plan["batch"], plan["on_demand"]) == (12, 1, 12, 0)
    assert plan["refusals"] == [] and plan["complete"] and 0 < plan["cost_usd"] < 5
    assert {quota["name"]: quota["source"] for quota in plan["quotas"]}["jobs"] == "settings"
    assert ask("list")[1] == {"items": [], "next_cursor": None} and not inputs()


def test_a_plan_of_an_archive_that_a_request_cannot_list_says_what_was_counted_and_what_to_do(
    ask: Send, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_handler, "MOST_DOCUMENTS", 100)
    monkeypatch.setattr(s3_source_pages, "_CALLS", 1)
    archive.fill(1001, "large/")  # one more than a call lists
    status, plan = ask("start", body={"source": "s3://archive/large/", "dry_run": True})
    assert status == 200 and plan["complete"] is False
    assert plan["documents"] == plan["to_summarize"] == plan["records"] == 1000
    (note,) = [note for note in plan["notes"] if "lower bound" in note]
    assert "the first 1,000 documents, up to large/998.txt" in note
    assert "python -m ops bulk plan s3://archive/large/ --tenant acme" in note
    status, run = ask("start", body={"source": "s3://archive/large/"})
    assert (status, run["plan"]["complete"]) == (202, False)


def test_a_dry_run_says_why_a_run_may_not_start_and_a_start_is_a_400_with_the_field(ask: Send) -> None:
    body = {"source": SOURCE, "max_usd": 0.0001}
    status, plan = ask("start", body={**body, "dry_run": True})
    assert (status, plan["refusals"][0]["code"]) == (200, "over_budget")
    status, problem = ask("start", body=body)
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (400, "bulk_run_refused", "/max_usd")
    assert not inputs()


def test_a_run_starts_once_and_is_followed(ask: Send) -> None:
    run = started(ask)
    assert (run["state"], run["counts"]["pending"], run["plan"]["jobs"]) == ("RUNNING", 12, 1)
    (execution,) = inputs()
    assert execution == {"run_id": run["run_id"], "name": f"{run['run_id']}-1"}
    status, read = ask("get", run["run_id"])
    assert status == 200 and read == run
    assert [item["run_id"] for item in ask("list")[1]["items"]] == [run["run_id"]]


def test_a_second_run_over_the_same_documents_is_a_409(ask: Send) -> None:
    run = started(ask)
    status, problem = ask("start", body={"source": "s3://archive/"})
    assert (status, problem["code"]) == (409, "bulk_run_active") and run["run_id"] in problem["detail"]


def test_under_one_idempotency_key_there_is_one_run(ask: Send) -> None:
    body = {"source": SOURCE}
    assert ask("start", body=body, key="k") == ask("start", body=body, key="k")
    assert len(inputs()) == 1


def test_a_run_is_stopped_and_resumed(ask: Send, archive: Archive) -> None:
    run = started(ask)
    status, stopping = ask("stop", run["run_id"])
    assert (status, stopping["stopping"], stopping["state"]) == (202, True, "RUNNING")
    assert ask("resume", run["run_id"])[0] == 409
    row = archive.runs.get(run["run_id"])
    archive.runs.save(row._replace(state=RunState.STOPPED, stop_wanted=False, reason="stopped"))
    status, resumed = ask("resume", run["run_id"], body={"max_usd": 9})
    assert (status, resumed["state"], resumed["reason"]) == (202, "RUNNING", None)
    assert {each["name"] for each in inputs()} == {f"{run['run_id']}-1", f"{run['run_id']}-2"}
    assert archive.runs.get(run["run_id"]).max_usd == 9


def test_a_run_whose_execution_was_aborted_is_carried_on(ask: Send) -> None:
    run = started(ask)
    states = boto3.client("stepfunctions")
    (machine,) = states.list_state_machines()["stateMachines"]
    (execution,) = states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    states.stop_execution(executionArn=execution["executionArn"])
    assert ask("resume", run["run_id"])[0] == 202
    assert len(inputs()) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"source": "https://example.com/"}, "/source"),
        ({"source": "s3://elsewhere/x/"}, "/source"),
        ({"source": "s3://archive/nothing/"}, "/source"),
        ({"source": SOURCE, "max_usd": -1}, "/max_usd"),
        ({"source": SOURCE, "deadline": "2020-01-01T00:00:00Z"}, "/deadline"),
        ({"source": SOURCE, "style": "haiku"}, "/style"),
        ({"source": SOURCE, "max_usd": "many"}, "/max_usd"),
        ({}, "/source"),
    ],
)
def test_a_bad_wish_is_a_400_that_names_the_field(ask: Send, body: dict[str, Any], pointer: str) -> None:
    status, problem = ask("start", body=body)
    assert (status == 400 and pointer in [error["pointer"] for error in problem.get("errors", ())]) or (
        pointer.strip("/") in problem["detail"]
    )
    assert not inputs()


def test_a_bucket_that_does_not_exist_is_a_400(ask: Send, archive: Archive) -> None:
    archive.s3.delete_objects(
        Bucket="archive", Delete={"Objects": [{"Key": f"letters/{number:03}.txt"} for number in range(12)]}
    )
    archive.s3.delete_bucket(Bucket="archive")
    status, problem = ask("start", body={"source": SOURCE})
    assert (status, problem["errors"][0]["pointer"]) == (400, "/source") and "no such bucket" in problem["detail"]


@pytest.mark.parametrize("route", ["get", "resume", "stop"])
def test_another_tenant_s_run_is_a_404_and_stays_as_it_is(ask: Send, archive: Archive, route: str) -> None:
    run = started(ask)
    before = archive.runs.get(run["run_id"])
    status, problem = ask(route, run["run_id"], tenant="globex")
    assert (status, problem["code"]) == (404, "not_found")
    assert archive.runs.get(run["run_id"]) == before
    assert ask("list", tenant="globex")[1]["items"] == []


@pytest.mark.parametrize("route", list(ROUTES))
def test_a_key_without_the_scope_is_refused(ask: Send, route: str) -> None:
    refused = partial(ask, route, "run_1", scopes="chat documents")
    assert refused()[0] == 403
