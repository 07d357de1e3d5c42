"""Fault rules: what they match, when they strike, and what is said about bad ones."""

from __future__ import annotations

from typing import Any

import pytest

from local.faults import FaultBook, FaultRuleError, read_rules, rules_from
from local.faults.api_call import ApiCall
from local.faults.kinds import KINDS
from local.faults.rule import rule_from

CONVERSE = ApiCall("bedrock-runtime", "Converse", "SummariesInfer", "0123abcd")
STREAM = ApiCall("bedrock-runtime", "ConverseStream", "ChatTurn", "0123abcd")
PUT_ITEM = ApiCall("dynamodb", "PutItem")


def book(*rules: dict[str, Any]) -> FaultBook:
    made = FaultBook(log=lambda line: None)
    made.add(*(rule_from(rule) for rule in rules))
    return made


def decisions(made: FaultBook, calls: int, call: ApiCall = CONVERSE) -> list[bool]:
    return [bool(made.striking(call, subjects=("call",))) for _ in range(calls)]


def test_the_same_seed_makes_the_same_decisions() -> None:
    rule = {"kind": "throttle", "rate": 0.5, "seed": 7}
    first, second = decisions(book(rule), 200), decisions(book(rule), 200)
    assert first == second
    assert 70 < sum(first) < 130
    assert decisions(book({**rule, "seed": 8}), 200) != first


def test_rules_do_not_share_their_randomness() -> None:
    alone = decisions(book({"kind": "throttle", "rate": 0.5, "seed": 3}), 100)
    both = book({"kind": "throttle", "rate": 0.5, "seed": 3}, {"kind": "server_error", "rate": 0.5, "seed": 9})
    hits = [both.striking(CONVERSE, subjects=("call",)) for _ in range(100)]
    assert [any(each.rule.kind == "throttle" for each in struck) for struck in hits] == alone


def test_skip_and_count_say_which_matches_are_hit() -> None:
    assert decisions(book({"kind": "throttle", "skip": 2, "count": 2}), 6) == [False, False, True, True, False, False]


def test_counts_tell_matches_and_hits() -> None:
    made = book({"kind": "throttle", "count": 1})
    decisions(made, 3)
    decisions(made, 5, PUT_ITEM)
    (standing,) = made.standing()
    assert (standing.matched, standing.injected) == (3, 1)


@pytest.mark.parametrize(
    ("rule", "call", "meets"),
    [
        ({"kind": "throttle"}, CONVERSE, True),
        ({"kind": "throttle"}, PUT_ITEM, False),
        ({"kind": "throttle", "service": "*"}, PUT_ITEM, True),
        ({"kind": "throttle", "operation": "converse"}, CONVERSE, True),
        ({"kind": "throttle", "operation": "Converse"}, STREAM, False),
        ({"kind": "throttle", "operation": "Converse*"}, STREAM, True),
        ({"kind": "throttle", "function": "Chat*"}, STREAM, True),
        ({"kind": "throttle", "function": "Chat*"}, CONVERSE, False),
        ({"kind": "crash", "service": "*"}, CONVERSE, True),
        ({"kind": "crash", "service": "*"}, PUT_ITEM, False),
        ({"kind": "lost_event"}, ApiCall("s3", "PutObject"), False),
    ],
)
def test_patterns_choose_calls(rule: dict[str, Any], call: ApiCall, meets: bool) -> None:
    assert bool(book(rule).striking(call, subjects=("call",))) is meets


def test_each_fault_is_one_readable_line() -> None:
    lines: list[str] = []
    made = FaultBook(log=lines.append)
    made.add(rule_from({"kind": "throttle"}))
    decisions(made, 1)
    assert lines == ["FAULT 1 throttle | bedrock-runtime Converse by SummariesInfer (1 of 1 that matched)"]


def test_rules_are_cleared_one_by_one_or_all() -> None:
    made = book({"kind": "throttle"}, {"kind": "server_error"}, {"kind": "crash"})
    assert made.clear(2) == 1 and [each.number for each in made.standing()] == [1, 3]
    assert made.clear(2) == 0
    assert made.clear() == 2 and not made
    assert made.add(rule_from({"kind": "throttle"}))[0].number == 4


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("throttle", "a JSON object"),
        ({}, "unknown kind None; there are: throttle"),
        ({"kind": "job_failed", "service": "s3"}, "batch jobs belong to bedrock, not to 's3'"),
        ({"kind": "error_rows", "params": {"percent": 101}}, "parameter percent of error_rows must be at most 100"),
        ({"kind": "trottle"}, "unknown kind 'trottle'"),
        ({"kind": "throttle", "servce": "s3"}, "unknown field 'servce'"),
        ({"kind": "throttle", "service": "bedrok"}, "unknown service 'bedrok'"),
        ({"kind": "throttle", "operation": "Convers"}, "no operation 'Convers'"),
        ({"kind": "throttle", "operation": 3}, "operation must be a pattern"),
        ({"kind": "throttle", "rate": 1.5}, "rate must be a number from 0 to 1"),
        ({"kind": "throttle", "rate": "half"}, "rate must be a number from 0 to 1"),
        ({"kind": "throttle", "count": 0}, "count must be a whole number of at least 1"),
        ({"kind": "throttle", "skip": -1}, "skip must be a whole number of at least 0"),
        ({"kind": "throttle", "seed": 1.5}, "seed must be a whole number"),
        ({"kind": "throttle", "params": {"ms": 3}}, "unknown parameter 'ms' of throttle; it takes: code, status"),
        ({"kind": "throttle", "params": []}, "params must be an object"),
        ({"kind": "slow_piece"}, "slow_piece needs the parameter ms"),
        ({"kind": "slow_piece", "params": {"ms": "5"}}, "parameter ms of slow_piece must be a whole number"),
        ({"kind": "crash", "params": {"when": "while"}}, "must be one of before, after"),
        ({"kind": "lost_event", "service": "dynamodb"}, "events are delivered by s3, bedrock, events, sqs"),
    ],
)
def test_a_bad_rule_gets_one_clear_line(rule: Any, words: str) -> None:
    with pytest.raises(FaultRuleError) as raised:
        rules_from(rule)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_may_hold_one_rule_or_many(tmp_path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"rules": [{"kind": "throttle"}, {"kind": "crash", "function": "SummariesInfer"}]}')
    assert [rule.kind for rule in read_rules(path)] == ["throttle", "crash"]
    path.write_text('{"kind": "throttle"}')
    assert len(read_rules(path)) == 1
    path.write_text('{"kind": "throttle"')
    with pytest.raises(FaultRuleError, match=r"rules\.json"):
        read_rules(path)


def test_the_documentation_names_every_kind_and_parameter() -> None:
    from tests.e2e.conftest import ROOT

    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` ")]
        assert all(f"`{parameter}`" in row for parameter in kind.parameters), name
