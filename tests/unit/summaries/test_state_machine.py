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
SECTIONS: dict[str, Any] = STATES["Summarize sections"]
SECTION_STATES: dict[str, Any] = SECTIONS["ItemProcessor"]["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
ASKING = {"Ask the model": TASKS["Ask the model"], "Ask about section": SECTION_STATES["Ask about section"]}
ALL_TASKS = {**TASKS, **ASKING}
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def targets(state: dict[str, Any]) -> set[str]:
    chosen = {choice["Next"] for choice in state.get("Choices", ())} | (
        {state["Default"]} if "Default" in state else set()
    )
    return chosen | ({state["Next"]} if "Next" in state else set())


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


def test_a_document_of_one_section_takes_four_states() -> None:
    """Each is paid: https://aws.amazon.com/step-functions/pricing/"""
    path = [json.loads(TEXT)["StartAt"]]
    while not STATES[path[-1]].get("End"):
        state = STATES[path[-1]]
        path.append(state["Choices"][0]["Next"] if state["Type"] == "Choice" else state["Next"])
    assert path == ["Prepare requests", "One section left", "Ask the model", "Collect summary"]


def test_sections_carry_keys_and_leave_nothing_behind() -> None:
    """The state stays small whatever the size of the document."""
    assert SECTIONS["ResultPath"] is None and SECTION_STATES["Ask about section"]["OutputPath"] is None
    assert SECTIONS["ItemReader"]["Parameters"]["Key.$"] == "$.prepared.items_key"
    assert SECTIONS["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"


def test_a_section_that_fails_does_not_stop_the_others() -> None:
    (catch,) = SECTION_STATES["Ask about section"]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"] and SECTION_STATES[catch["Next"]]["End"] is True


def test_a_section_is_asked_for_like_a_whole_document() -> None:
    alike = ("Resource", "TimeoutSeconds", "Retry")
    whole, section = ASKING.values()
    assert {name: whole[name] for name in alike} == {name: section[name] for name in alike}


def test_every_token_names_a_handler() -> None:
    tokens = re.findall(r"\$\{(\w+FunctionArn)\}", TEXT)
    assert len(tokens) == len(ALL_TASKS) == TEXT.count("${") - 1, "beside them the bucket alone"
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
    (never,) = [retry for retry in task["Retry"] if "SupersededError" in retry["ErrorEquals"]]
    assert never["MaxAttempts"] == 0


@pytest.mark.parametrize("error", ["ModelThrottledError", "NoSlotError"])
def test_throttling_is_waited_for_over_hours_with_full_jitter(error: str) -> None:
    (retry,) = (retry for retry in TASKS["Ask the model"]["Retry"] if error in retry["ErrorEquals"])
    assert retry["JitterStrategy"] == "FULL" and retry["MaxDelaySeconds"] <= 600
    assert _mean_wait(retry) > 3 * 3600


def test_a_ledger_that_is_away_is_waited_for_like_a_model() -> None:
    (retry,) = (retry for retry in TASKS["Ask the model"]["Retry"] if "LedgerUnavailableError" in retry["ErrorEquals"])
    assert "ModelUnavailableError" in retry["ErrorEquals"]
    assert _mean_wait(retry) > 3600


def test_an_invalid_answer_is_asked_for_twice_more() -> None:
    (retry,) = (retry for retry in TASKS["Ask the model"]["Retry"] if "InvalidAnswerError" in retry["ErrorEquals"])
    assert retry["MaxAttempts"] == 2 and "AnswerCutError" in retry["ErrorEquals"]


def test_what_the_guardrail_has_blocked_is_not_paid_again() -> None:
    (retry,) = [each for each in TASKS["Ask the model"]["Retry"] if "BlockedByGuardrailError" in each["ErrorEquals"]]
    assert retry["MaxAttempts"] == 0


def test_error_names_are_classes_of_ours_or_names_of_aws() -> None:
    classes = {
        name
        for path in (ROOT / "lambdas" / "shared").rglob("*.py")
        for name in re.findall(r"^class (\w+Error)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for task in ALL_TASKS.values():
        for rule in (*task["Retry"], *task["Catch"]):
            for error in rule["ErrorEquals"]:
                assert error in classes or error.startswith(("States.", "Lambda.")), error


def test_retries_end_before_the_execution_does() -> None:
    """Else an execution could time out and leave its document in RUNNING for ever."""
    longest = sum(
        retry["MaxAttempts"] * (retry.get("MaxDelaySeconds", 1) + 5)
        for task in ALL_TASKS.values()
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
