"""The operator's commands for keys, run as a program against a stack that remembers a checked key for one second."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lambdas.shared.domain.client import SCOPES as KNOWN_SCOPES
from ops.openapi.operations import all_operations
from tests.e2e.api import Answer, call, wait_for
from tests.e2e.conftest import ROOT, RunningStack, start_stack
from tests.e2e.verdicts import VERDICTS, operations

SCOPES = {each.name: each.scope or "" for each in all_operations()}
GUARDED = {name: route for name, route in operations().items() if VERDICTS[name].statuses["no key"] == 401}


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of the same project with `authorizer_cache_seconds: 1`."""
    copy = tmp_path_factory.mktemp("project")
    for path in ROOT.iterdir():
        if path.is_dir() and path.name in {
            "stacks",
            "lambdas",
            "statemachines",
            "catalog",
            "local",
            "ops",
            "examples",
            "docs",
        }:
            shutil.copytree(path, copy / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.is_file() and path.suffix in {".py", ".json", ".txt", ".toml"}:
            shutil.copy2(path, copy / path.name)
    settings = json.loads((copy / "cdk.json").read_text())
    settings["context"]["quarry"]["authorizer_cache_seconds"] = 1
    (copy / "cdk.json").write_text(json.dumps(settings))
    running = start_stack(tmp_path_factory.mktemp("stack"), root=copy)
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=20) == 0


def ops(stack: RunningStack, *arguments: str) -> str:
    command = [sys.executable, "-m", "ops", "keys", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_key(stack: RunningStack, client: str, *, scopes: str = "chat documents") -> str:
    return key_in(ops(stack, "create", "--tenant", "keys", "--client", client, "--scopes", scopes))


def key_in(output: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith("Key")]
    return line.rsplit(" ", 1)[-1]


def asked(stack: RunningStack, key: str) -> Answer:
    return call(stack.api_url, "GET", "/conversations", key=key)


def refused(stack: RunningStack, key: str) -> Answer:
    """The answer once the key is no longer let in."""

    def read() -> Answer | None:
        answer = asked(stack, key)
        return answer if answer.status != 200 else None

    return wait_for(read, what="the cached grant to expire", seconds=20)


def test_a_disabled_key_is_refused_once_the_cache_has_forgotten_it(forgetful: RunningStack) -> None:
    key = new_key(forgetful, "worker")
    assert asked(forgetful, key).status == 200
    ops(forgetful, "disable", "--tenant", "keys", "--client", "worker")
    answer = refused(forgetful, key)
    assert (answer.status, answer.json["code"]) == (401, "invalid_api_key")
    ops(forgetful, "enable", "--tenant", "keys", "--client", "worker")
    assert asked(forgetful, key).status == 200


def test_a_rotation_keeps_both_keys_valid_during_the_overlap(forgetful: RunningStack) -> None:
    before = new_key(forgetful, "rotating")
    after = key_in(ops(forgetful, "rotate", "--client", "rotating", "--overlap", "24h"))
    assert [asked(forgetful, key).status for key in (before, after)] == [200, 200]
    rows = [row for row in ops(forgetful, "list", "--client", "rotating").splitlines() if " rotating " in row]
    assert [row.split()[3] for row in rows] == ["active", "active"]
    assert not [key for key in (before, after) if key in "".join(rows)]


def test_what_a_key_owned_belongs_to_the_key_that_follows_it(forgetful: RunningStack) -> None:
    before = new_key(forgetful, "heir")
    told = call(forgetful.api_url, "POST", "/chat", {"message": "My telescope is called Heron."}, key=before)
    after = key_in(ops(forgetful, "rotate", "--client", "heir"))
    path = f"/conversations/{told.json['conversation_id']}"
    assert call(forgetful.api_url, "GET", path, key=after).status == 200


def test_an_expired_key_is_refused_once_the_cache_has_forgotten_it(forgetful: RunningStack) -> None:
    before = new_key(forgetful, "ending")
    assert asked(forgetful, before).status == 200
    after = key_in(ops(forgetful, "rotate", "--client", "ending", "--overlap", "0h"))
    assert refused(forgetful, before).status == 401
    assert asked(forgetful, after).status == 200
    assert " expired " in ops(forgetful, "list", "--client", "ending")


@pytest.fixture(scope="module")
def narrow_keys(forgetful: RunningStack) -> dict[str, str]:
    """By scope: a key that has every scope but this one (and not `admin`, which may do all)."""
    wanted = set(SCOPES.values())
    others = KNOWN_SCOPES - {"admin"}
    return {scope: new_key(forgetful, f"no-{scope}", scopes=" ".join(sorted(others - {scope}))) for scope in wanted}


@pytest.mark.parametrize("operation", sorted(GUARDED))
def test_every_route_wants_its_scope(forgetful: RunningStack, narrow_keys: dict[str, str], operation: str) -> None:
    method, path = GUARDED[operation]
    scope = SCOPES[operation]
    body = {} if method in {"POST", "PUT", "PATCH"} else None
    answer = call(forgetful.api_url, method, path.replace("{id}", "anything"), body, key=narrow_keys[scope])
    assert (answer.status, answer.json["code"]) == (403, "missing_scope"), answer.text
    assert scope in answer.json["detail"]


@pytest.mark.parametrize("operation", sorted(GUARDED))
def test_the_scope_admin_opens_every_route(forgetful: RunningStack, admin_key: str, operation: str) -> None:
    method, path = GUARDED[operation]
    body = {} if method in {"POST", "PUT", "PATCH"} else None
    answer = call(forgetful.api_url, method, path.replace("{id}", "anything"), body, key=admin_key)
    assert answer.status in {200, 202, 204, 400, 404}, answer.text


@pytest.fixture(scope="module")
def admin_key(forgetful: RunningStack) -> str:
    return new_key(forgetful, "admin", scopes="admin")
