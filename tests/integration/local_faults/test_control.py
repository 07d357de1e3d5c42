"""The control route and its command."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from local.__main__ import main
from tests.e2e.api import Answer, call
from tests.e2e.conftest import ROOT

PATH = "/_quarry/faults"


@pytest.fixture
def control(cloud, faults) -> Any:
    def send(method: str, suffix: str = "", body: object = None) -> Answer:
        return call(cloud.endpoint_url, method, PATH + suffix, body)

    return send


@pytest.fixture
def command(cloud, faults, capsys) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["faults", "--aws-port", str(cloud.port), *arguments])
        printed = capsys.readouterr()
        return code, printed.out.strip(), printed.err.strip()

    return run


def test_rules_are_added_listed_and_cleared(control) -> None:
    added = control("POST", "", {"kind": "throttle", "operation": "Converse", "rate": 0.5, "seed": 7})
    assert added.status == 201
    (rule,) = added.json["rules"]
    assert (rule["kind"], rule["service"], rule["rate"], rule["injected"]) == ("throttle", "bedrock-runtime", 0.5, 0)
    both = control("POST", "", {"rules": [{"kind": "lost_event"}, {"kind": "crash"}]}).json["rules"]
    assert len(control("GET").json["rules"]) == 3
    assert control("DELETE", f"/{both[0]['id']}").json == {"removed": 1}
    assert control("DELETE").json == {"removed": 2}
    assert control("GET").json == {"rules": []}


def test_mistakes_get_one_error_and_change_nothing(control) -> None:
    for body, words in (
        ({"kind": "trottle"}, "unknown kind"),
        ({"rules": [{"kind": "throttle"}, {"kind": "slow_piece"}]}, "needs the parameter ms"),
        (b"{", "Expecting"),
    ):
        answer = control("POST", "", body)
        assert answer.status == 400 and words in answer.json["error"]
    assert control("GET").json == {"rules": []}
    assert control("DELETE", "/99").status == 404
    assert control("PUT").status == 405


def test_the_command_adds_lists_and_clears(command, client) -> None:
    assert command("list") == (0, "no faults", "")
    code, out, _ = command(
        "add", "throttle", "--service", "dynamodb", "--operation", "List*", "--rate", "1", "--seed", "7", "--count", "2"
    )
    assert code == 0 and "throttle: dynamodb List*, rate 1, count 2, seed 7  (hit 0 of 0)" in out
    with pytest.raises(Exception, match="ProvisionedThroughput"):
        client("dynamodb").list_tables()
    assert "(hit 1 of 1)" in command("list")[1]
    assert command("clear") == (0, "1 removed", "")


def test_the_command_takes_parameters_and_files(command, tmp_path) -> None:
    code, out, _ = command("add", "stream_cut", "--param", "pieces=2", "--param", "how=exception")
    assert code == 0 and "pieces=2, how=exception" in out
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([{"kind": "throttle"}, {"kind": "crash", "function": "ChatTurn"}]))
    code, out, _ = command("add", str(path))
    assert code == 0 and len(out.splitlines()) == 2 and "by ChatTurn" in out


def test_the_command_says_in_one_line_what_is_wrong(command) -> None:
    for arguments, words in (
        (("add", "trottle"), "unknown kind 'trottle'"),
        (("add", "throttle", "--param", "ms"), "--param wants name=value"),
        (("add", "throttle", "--operation", "Convers"), "no operation"),
        (("clear", "99"), "there is no fault 99"),
    ):
        code, out, err = command(*arguments)
        assert (code, out) == (1, "") and words in err and "\n" not in err


def test_a_bad_file_stops_the_start_with_one_line(tmp_path) -> None:
    path = tmp_path / "rules.json"
    path.write_text('{"kind": "trottle"}')
    done = subprocess.run(
        [sys.executable, "-m", "local", "up", "--faults", str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1 and "unknown kind 'trottle'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and str(path) in done.stderr


def test_without_a_stack_the_command_says_so(capsys) -> None:
    assert main(["faults", "--aws-port", "1", "list"]) == 1
    assert "no local stack answers on port 1" in capsys.readouterr().err
