"""`python -m ops bulk` against an account in moto: the plan's table, refusals in a line, a run followed to its end."""

from __future__ import annotations

import json
from collections.abc import Mapping

import boto3
import pytest

from lambdas.shared.domain.bulk.run import BulkRun, RunState
from ops import bulk
from ops.__main__ import main
from ops.bulk_deployment import BulkDeployment
from tests.integration.bulk_runs.conftest import Archive, settings
from tests.integration.documents.test_retry import inputs

Output = pytest.CaptureFixture[str]
SOURCE = "s3://archive/letters/"


@pytest.fixture(autouse=True)
def deployed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    found = {**settings_of_the_function(), "STATE_MACHINE_ARN": machine()}
    outputs = {
        "BulkTableName": "bulk",
        "BulkStateMachineArn": found["STATE_MACHINE_ARN"],
        "ResultsBucketName": "results",
    }
    template = {
        "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="Quarry-X", TemplateBody=json.dumps(template))
    monkeypatch.setattr(BulkDeployment, "_settings", lambda deployment: found)
    monkeypatch.setattr(bulk, "_LOOK_SECONDS", 0.0)
    archive.fill(12)
    return archive


def machine() -> str:
    (found,) = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
    return str(found["stateMachineArn"])


def settings_of_the_function() -> Mapping[str, str]:
    return settings(machine=machine())


def ops(*arguments: str) -> int:
    return main(["bulk", *arguments, "--tenant", "acme"])


def test_a_plan_is_a_table_that_says_where_each_quota_came_from(capsys: Output) -> None:
    assert ops("plan", SOURCE, "--deadline", "72h", "--max-usd", "200") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("price") and "±" in line for line in lines)
    origins = [line.split()[-1] for line in lines if line.strip().startswith(("jobs ", "job_bytes"))]
    # another test of this process may have opened the local Service Quotas
    assert origins in (["default", "settings"], ["service-quotas", "settings"])
    assert not inputs()


def test_a_refusal_is_one_line_and_exit_code_1(capsys: Output) -> None:
    assert ops("plan", SOURCE, "--max-usd", "0.00001") == 1
    assert capsys.readouterr().err.startswith("ops: it would cost about")
    assert ops("run", "s3://archive/nothing/", "--yes") == 1
    assert "there is no document at" in capsys.readouterr().err
    assert not inputs()


def test_without_yes_and_without_a_terminal_nothing_is_started(capsys: Output) -> None:
    assert ops("run", SOURCE) == 1
    assert "--yes" in capsys.readouterr().err and not inputs()


def test_a_run_is_started_and_found_again(capsys: Output, deployed: Archive) -> None:
    assert ops("run", SOURCE, "--yes", "--detach") == 0
    (execution,) = inputs()
    capsys.readouterr()
    assert ops("status") == 0
    assert execution["run_id"] in capsys.readouterr().out
    assert ops("stop", execution["run_id"], "--detach") == 0
    assert deployed.runs.get(execution["run_id"]).stop_wanted


def test_a_run_is_followed_to_its_end_in_plain_lines(capsys: Output, deployed: Archive) -> None:
    (run,) = started(deployed)
    deployed.runs.save(run._replace(state=RunState.STOPPED, reason="sweep_limit: 7 records"))
    assert ops("status", run.run_id) == 0
    out = capsys.readouterr().out
    assert "0 of 12, $0, STOPPED" in out and "STOPPED (sweep_limit: 7 records)" in out and "\r" not in out


def test_a_failed_run_is_exit_code_1(capsys: Output, deployed: Archive) -> None:
    (run,) = started(deployed)
    deployed.runs.save(run._replace(state=RunState.FAILED, reason="unaccounted"))
    assert ops("status", run.run_id) == 1
    assert "unaccounted" in capsys.readouterr().err


def test_another_tenant_s_run_is_not_there(capsys: Output, deployed: Archive) -> None:
    (run,) = started(deployed)
    assert main(["bulk", "stop", run.run_id, "--tenant", "globex"]) == 1
    assert "no such bulk run" in capsys.readouterr().err
    assert deployed.runs.get(run.run_id) == run


def started(archive: Archive) -> list[BulkRun]:
    assert ops("run", SOURCE, "--yes", "--detach") == 0
    return list(archive.runs.of_tenant("acme"))
