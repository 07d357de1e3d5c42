"""The state machine's definition: closed, short on the way to success, and never without a way out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "statemachines" / "summarize_document.asl.json").read_text(encoding="utf-8")
STATES: dict[str, Any] = json.loads(TEXT)["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def targets(state: dict[str, Any]) -> set[str]:
    return {state["Next"]} if "Next" in state else set()


def reachable(start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += targets(STATES[name]) | {catch["Next"] for catch in STATES[name].get("Catch", ())}
    return seen


def test_every_state_can_be_reached_and_every_target_exists() -> None:
    assert reachable(json.loads(TEXT)["StartAt"]) == set(STATES)


def test_success_takes_four_states() -> None:
    path = [json.loads(TEXT)["StartAt"]]
    while not STATES[path[-1]].get("End"):
        (following,) = targets(STATES[path[-1]])
        path.append(following)
    assert path == ["Claim document", "Prepare requests", "Ask the model", "Collect summary"]


def test_every_token_names_a_handler() -> None:
    tokens = re.findall(r"\$\{(\w+)\}", TEXT)
    assert len(tokens) == len(TASKS) == TEXT.count("${")
    for token in tokens:
        capability, verb = CAMEL.split(token.removesuffix("FunctionArn"))
        assert (ROOT / "lambdas" / capability.lower() / f"{verb.lower()}_handler.py").is_file(), token


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_retries_and_a_way_out(name: str) -> None:
    task = TASKS[name]
    assert task["TimeoutSeconds"] >= 60
    assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert all(catch["ResultPath"] == "$.failure" for catch in task["Catch"])
    last = task["Retry"][-1]
    assert last["ErrorEquals"] == ["States.ALL"] and last["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("name", TASKS)
def test_a_busy_account_is_waited_for(name: str) -> None:
    """New accounts run ten functions at a time: a hundred drops at once must not fail one document."""
    (retry,) = (retry for retry in TASKS[name]["Retry"] if "Lambda.TooManyRequestsException" in retry["ErrorEquals"])
    assert _mean_wait(retry) > 3600


@pytest.mark.parametrize("name", TASKS)
def test_a_newer_version_is_no_failure_and_is_not_retried(name: str) -> None:
    task = TASKS[name]
    assert task["Catch"][0] == {"ErrorEquals": ["SupersededError"], "ResultPath": "$.failure", "Next": "Superseded"}
    if name != "Ask the model":  # it does not look at the record
        assert task["Retry"][0]["MaxAttempts"] == 0 and "SupersededError" in task["Retry"][0]["ErrorEquals"]


def test_throttling_is_waited_for_over_hours_with_full_jitter() -> None:
    (retry,) = (retry for retry in TASKS["Ask the model"]["Retry"] if "ModelThrottledError" in retry["ErrorEquals"])
    assert retry["JitterStrategy"] == "FULL" and retry["MaxDelaySeconds"] <= 600
    assert _mean_wait(retry) > 3 * 3600


def test_a_ledger_that_is_away_is_waited_for_like_a_model() -> None:
    (retry,) = (retry for retry in TASKS["Ask the model"]["Retry"] if "LedgerUnavailableError" in retry["ErrorEquals"])
    assert "ModelUnavailableError" in retry["ErrorEquals"]
    assert _mean_wait(retry) > 3600


def test_an_invalid_answer_is_asked_for_once_more() -> None:
    (retry,) = (retry for retry in TASKS["Ask the model"]["Retry"] if "InvalidAnswerError" in retry["ErrorEquals"])
    assert retry["MaxAttempts"] == 1 and "AnswerCutError" in retry["ErrorEquals"]


def test_what_the_guardrail_has_blocked_is_not_paid_again() -> None:
    (retry,) = [each for each in TASKS["Ask the model"]["Retry"] if "BlockedByGuardrailError" in each["ErrorEquals"]]
    assert retry["MaxAttempts"] == 0


def test_error_names_are_classes_of_ours_or_names_of_aws() -> None:
    classes = {
        name
        for path in (ROOT / "lambdas" / "shared").rglob("*.py")
        for name in re.findall(r"^class (\w+Error)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for task in TASKS.values():
        for rule in (*task["Retry"], *task["Catch"]):
            for error in rule["ErrorEquals"]:
                assert error in classes or error.startswith(("States.", "Lambda.")), error


def test_retries_end_before_the_execution_does() -> None:
    """Else an execution could time out and leave its document in RUNNING for ever."""
    longest = sum(
        retry["MaxAttempts"] * (retry.get("MaxDelaySeconds", 1) + 5)
        for task in TASKS.values()
        for retry in task["Retry"]
    )
    assert longest < json.loads(TEXT)["TimeoutSeconds"]


def test_only_failures_end_as_failed() -> None:
    assert STATES["Failed"]["Type"] == "Fail" and STATES["Superseded"]["Type"] == "Succeed"


def _mean_wait(retry: dict[str, Any]) -> float:
    """Seconds; full jitter waits half of each interval on average."""
    interval, total = float(retry["IntervalSeconds"]), 0.0
    for _ in range(retry["MaxAttempts"]):
        total += min(interval, retry["MaxDelaySeconds"]) / 2
        interval *= retry["BackoffRate"]
    return total
