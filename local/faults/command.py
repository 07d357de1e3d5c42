"""`python -m local faults list | add | clear | strangers`: the running stack's control routes, from a terminal."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from local.faults.control_route import PATH, STRANGERS_PATH
from local.faults.kinds import KINDS
from local.faults.rule import FaultRuleError, read_rules, rule_from

_NUMBERS = {"rate": float, "count": int, "skip": int, "seed": int}


def add_parser(commands: Any) -> None:
    """Add the command to the parser of `python -m local`."""
    faults = commands.add_parser("faults", help="break things in the running stack, at a rate, with a seed")
    faults.add_argument("--aws-port", type=int, default=4566, help="port of the AWS APIs")
    actions = faults.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the rules in force, with their counts")
    add = actions.add_parser("add", help="add one rule, or those of a file")
    add.add_argument("kind", help=f"{', '.join(KINDS)}; or the path of a JSON file with rules")
    for name in ("service", "operation", "function"):
        add.add_argument(f"--{name}", help="a pattern, e.g. 'Converse*'")
    for name, number in _NUMBERS.items():
        add.add_argument(f"--{name}", type=number)
    add.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the kind")
    clear = actions.add_parser("clear", help="remove one rule, or all")
    clear.add_argument("id", type=int, nargs="?")
    strangers = actions.add_parser("strangers", help="batch jobs of somebody else that take the account's slots")
    strangers.add_argument("model", help="e.g. amazon.nova-lite-v1:0")
    strangers.add_argument("count", type=int, help="so many run until another count is asked for; 0: none")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 with one line where the rule or the stack is no good."""
    try:
        if options.action == "add":
            added = _call(options, "POST", {"rules": _wanted(options)})["rules"]
            print("\n".join(_line(rule) for rule in added))
        elif options.action == "list":
            print("\n".join(_line(rule) for rule in _call(options, "GET")["rules"]) or "no faults")
        elif options.action == "strangers":
            wanted = {"modelId": options.model, "count": options.count}
            running = _call(options, "POST", wanted, path=STRANGERS_PATH)["strangers"]
            print("\n".join(job["jobArn"] for job in running) or "no strangers")
        else:
            removed = _call(options, "DELETE", suffix="" if options.id is None else f"/{options.id}")["removed"]
            print(f"{removed} removed")
    except FaultRuleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _wanted(options: argparse.Namespace) -> list[dict[str, Any]]:
    if options.kind.endswith(".json"):
        read_rules(Path(options.kind))  # an error names the file
        rules = json.loads(Path(options.kind).read_text(encoding="utf-8"))
        rules = rules.get("rules", rules) if isinstance(rules, dict) else rules
        return rules if isinstance(rules, list) else [rules]
    given = {name: getattr(options, name) for name in ("service", "operation", "function", *_NUMBERS)}
    rule = {"kind": options.kind, **{name: value for name, value in given.items() if value is not None}}
    rule["params"] = dict(_parameter(text) for text in options.param)
    rule_from(rule)
    return [rule]


def _parameter(text: str) -> tuple[str, int | str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise FaultRuleError(f"--param wants name=value, not {text!r}")
    return name, int(value) if value.lstrip("-").isdigit() else value


def _call(options: argparse.Namespace, method: str, body: object = None, *, suffix: str = "", path: str = PATH) -> Any:
    url = f"http://127.0.0.1:{options.aws_port}{path}{suffix}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise FaultRuleError(json.load(error)["error"]) from error
    except OSError as error:
        raise FaultRuleError(f"no local stack answers on port {options.aws_port}: start one with `make up`") from error


def _line(rule: dict[str, Any]) -> str:
    target = f"{rule['service']} {rule['operation']}" + (f" by {rule['function']}" if rule["function"] != "*" else "")
    limits = "".join(f", {name} {rule[name]}" for name in ("skip", "count") if rule[name])
    params = "".join(f", {name}={value}" for name, value in rule["params"].items())
    head = f"{rule['id']:>3}  {rule['kind']}: {target}, rate {rule['rate']:g}{limits}, seed {rule['seed']}{params}"
    return f"{head}  (hit {rule['injected']} of {rule['matched']})"
