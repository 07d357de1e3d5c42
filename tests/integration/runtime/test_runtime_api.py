"""The streaming loop as Lambda starts it: through the wrapper, with layers and no virtual environment on the path."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.integration.runtime.fake_runtime_api import FakeRuntimeApi

ROOT = Path(__file__).parents[3]
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"

# In the task root: every kind of invocation that the tests need.
PROBE = """
import json, os, sys, time
import in_opt_only, in_runtime_only, in_site_only, in_every_layer, in_layers_and_runtime, in_every_place
import msgspec
from lambdas.shared.runtime.http import Response, http_handler, json_response

def handler(event, context):
    return globals()[event["do"]](event, context)

def paths(event, context):
    modules = (in_every_place, in_every_layer, in_layers_and_runtime, in_site_only, in_opt_only, in_runtime_only)
    yield json.dumps({
        "places": [module.PLACE for module in modules],
        "msgspec": msgspec.__file__,
        "path": sys.path,
        "pythonpath": os.environ["PYTHONPATH"],
        "prefix": [sys.prefix, sys.base_prefix],
    }).encode()

def about(event, context):
    yield json.dumps({
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "remaining": context.get_remaining_time_in_millis(),
        "streams": context.streams_response,
        "event": event,
    }).encode()

def slowly(event, context):
    print("a line on stdout")
    yield b"one"
    yield b""
    while not os.path.exists(event["gate"]):
        time.sleep(0.005)
    yield b"two"

def fail(event, context):
    raise KeyError("before")

def fail_at_first(event, context):
    raise KeyError("first")
    yield

def fail_later(event, context):
    yield b"one"
    raise ValueError("mitten drin")

def endless(event, context):
    try:
        while True:
            yield b"x" * 100_000
    finally:
        open(event["closed"], "w").close()

def no_iterator(event, context):
    return {"statusCode": 200}

def api(event, context):
    route = lambda request: json_response({"owner": request.caller.owner})
    return http_handler({("POST", "/chat"): route})(event["proxy"], context)
"""
MARKERS = {
    "in_every_place": ("task", "site", "opt", "runtime"),
    "in_every_layer": ("site", "opt"),
    "in_layers_and_runtime": ("opt", "runtime"),
    "in_site_only": ("site",),
    "in_opt_only": ("opt",),
    "in_runtime_only": ("runtime",),
}
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """What Lambda lays out: /var/task, /opt/python/lib/python3.x/site-packages, /opt/python, /var/runtime."""
    opt = tmp_path / "opt" / "python"
    found = {
        "task": tmp_path / "task",
        "site": opt / "lib" / VERSION / "site-packages",
        "opt": opt,
        "runtime": tmp_path / "runtime",
    }
    for folder in found.values():
        folder.mkdir(parents=True, exist_ok=True)
    for module, where in MARKERS.items():
        for place in where:
            (found[place] / f"{module}.py").write_text(f"PLACE = {place!r}\n")
    (found["site"] / "msgspec").symlink_to(Path(msgspec.__file__).parent)
    (found["task"] / "lambdas").symlink_to(ROOT / "lambdas")
    (found["task"] / "probe.py").write_text(PROBE)
    return found


@pytest.fixture
def api() -> Iterator[FakeRuntimeApi]:
    with FakeRuntimeApi().running() as running:
        yield running


@pytest.fixture
def start(api: FakeRuntimeApi, places: dict[str, Path], tmp_path: Path) -> Iterator[Start]:
    """Start the loop as Lambda does, with an environment that holds nothing but Lambda's variables."""
    started: list[subprocess.Popen[str]] = []

    def begin(handler: str = "probe.handler", **variables: str) -> subprocess.Popen[str]:
        environ = {
            "PATH": "/usr/bin:/bin",
            "PYTHONNOUSERSITE": "1",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(places["task"]),
            "LAMBDA_RUNTIME_DIR": str(places["runtime"]),
            "QUARRY_LAYER_ROOT": str(tmp_path / "opt"),
            "_HANDLER": handler,
            "AWS_LAMBDA_FUNCTION_NAME": "probe",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            **variables,
        }
        wrapper = places["task"] / "lambdas/shared/runtime/stream_bootstrap"
        # The interpreter outside of any virtual environment, as /var/lang/bin/python3.x is.
        command = [str(wrapper), sys._base_executable, "/var/runtime/bootstrap.py"]  # type: ignore[attr-defined]
        process = subprocess.Popen(
            command, cwd=places["task"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_the_wrapper_can_be_executed() -> None:
    assert os.access(ROOT / "lambdas/shared/runtime/stream_bootstrap", os.X_OK)


class TestPath:
    def test_code_is_found_in_the_managed_runtimes_order_and_nowhere_else(
        self, api: FakeRuntimeApi, start: Start, places: dict[str, Path]
    ) -> None:
        start()
        api.invoke("1", {"do": "paths"})
        found = api.post("invocation/1/response").json()
        assert found["places"] == ["task", "site", "opt", "site", "opt", "runtime"]
        assert found["path"][:4] == [str(places[place]) for place in ("task", "site", "opt", "runtime")]
        assert found["msgspec"].startswith(str(places["site"]))
        assert found["pythonpath"] == str(places["runtime"])
        assert found["prefix"][0] == found["prefix"][1], "a virtual environment leaked into the test"
        assert not [entry for entry in found["path"] if ".venv" in entry or entry.endswith("shared/runtime")]

    def test_a_pythonpath_replaces_the_layers_as_it_does_there(
        self, api: FakeRuntimeApi, start: Start, places: dict[str, Path]
    ) -> None:
        start(PYTHONPATH=f"{places['opt']}:{places['site']}")
        api.invoke("1", {"do": "paths"})
        found = api.post("invocation/1/response").json()
        assert found["path"][:4] == [str(places[place]) for place in ("task", "runtime", "opt", "site")]
        assert found["pythonpath"] == f"{places['opt']}:{places['site']}"


class TestStreaming:
    def test_chunks_leave_as_they_come(self, api: FakeRuntimeApi, start: Start, tmp_path: Path) -> None:
        process = start()
        gate = tmp_path / "gate"
        api.invoke("1", {"do": "slowly", "gate": str(gate)})
        post = api.post("invocation/1/response", ended=False)
        wait_for(lambda: post.chunks == [b"one"])
        assert process.stdout is not None
        assert process.stdout.readline() == "a line on stdout\n"
        gate.touch()
        assert api.post("invocation/1/response").chunks == [b"one", b"two"]
        assert post.headers["Lambda-Runtime-Function-Response-Mode"] == "streaming"
        assert post.headers["Content-Type"] == "application/vnd.awslambda.http-integration-response"
        assert post.headers["Transfer-Encoding"] == "chunked"
        assert "Lambda-Runtime-Function-Error-Type" in post.headers["Trailer"]
        assert post.trailers == {}

    def test_an_http_handler_speaks_the_integration_protocol(self, api: FakeRuntimeApi, start: Start) -> None:
        start()
        proxy = json.loads((ROOT / "tests/events/rest_proxy.json").read_text())
        api.invoke("1", {"do": "api", "proxy": proxy})
        post = api.post("invocation/1/response")
        metadata, _, body = post.body.partition(b"\0" * 8)
        assert json.loads(metadata)["statusCode"] == 200
        assert json.loads(body) == {"owner": "acme#shop#shop"}
        assert len(post.chunks) == 1

    def test_a_listener_that_hangs_up_closes_the_handler_and_the_loop_goes_on(
        self, api: FakeRuntimeApi, start: Start, tmp_path: Path
    ) -> None:
        start()
        closed = tmp_path / "closed"
        api.hang_up_after = 2
        api.invoke("1", {"do": "endless", "closed": str(closed)})
        wait_for(closed.exists)
        api.invoke("2", {"do": "about"})
        assert api.post("invocation/2/response").json()["id"] == "2"
        assert api.connections == 2


class TestInvocations:
    def test_many_share_one_connection_and_each_has_its_own_context(self, api: FakeRuntimeApi, start: Start) -> None:
        start()
        api.invoke("1", {"do": "about", "text": "한국어"}, trace_id="Root=1-a;Sampled=1")
        api.invoke("2", {"do": "fail"})
        api.invoke("3", {"do": "fail_later"})
        api.invoke("4", {"do": "about"})
        first, last = (api.post(f"invocation/{number}/response").json() for number in (1, 4))
        remaining = first.pop("remaining")
        assert 0 < remaining <= 60_000
        assert first == {
            "trace": "Root=1-a;Sampled=1",
            "id": "1",
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:probe",
            "name": "probe",
            "memory": "512",
            "streams": True,
            "event": {"do": "about", "text": "한국어"},
        }
        assert (last["trace"], last["id"]) == (None, "4")
        assert api.connections == 1

    @pytest.mark.parametrize(
        ("what", "error_type"),
        [("fail", "KeyError"), ("fail_at_first", "KeyError"), ("no_iterator", "TypeError"), ("nothing", "KeyError")],
    )
    def test_an_error_before_the_first_byte_is_the_invocations_error(
        self, api: FakeRuntimeApi, start: Start, what: str, error_type: str
    ) -> None:
        process = start()
        api.invoke("1", {"do": what})
        post = api.post("invocation/1/error")
        assert post.headers["Lambda-Runtime-Function-Error-Type"] == error_type
        failure = post.json()
        assert (failure["errorType"], failure["requestId"]) == (error_type, "1")
        assert failure["stackTrace"]
        assert process.stdout is not None
        logged = json.loads(process.stdout.readline())
        assert (logged["level"], logged["errorType"]) == ("ERROR", error_type)
        assert "errorMessage" not in logged

    def test_an_error_in_mid_stream_becomes_trailers(self, api: FakeRuntimeApi, start: Start) -> None:
        start()
        api.invoke("1", {"do": "fail_later"})
        post = api.post("invocation/1/response")
        assert post.chunks == [b"one"]
        assert post.trailers["Lambda-Runtime-Function-Error-Type"] == "ValueError"
        failure = json.loads(base64.b64decode(post.trailers["Lambda-Runtime-Function-Error-Body"]))
        assert (failure["errorMessage"], failure["errorType"]) == ("mitten drin", "ValueError")

    def test_a_runtime_api_that_failed_ends_the_process(self, api: FakeRuntimeApi, start: Start) -> None:
        api.next_status = 500
        process = start()
        api.invoke("1", {})
        assert process.wait(10) != 0


class TestInit:
    @pytest.mark.parametrize(
        ("handler", "code", "error_type"),
        [
            ("missing.handler", None, "Runtime.ImportModuleError"),
            ("broken.handler", "import not_there", "Runtime.ImportModuleError"),
            ("broken.handler", "def handler(:", "Runtime.UserCodeSyntaxError"),
            ("broken.handler", "other = 1", "Runtime.HandlerNotFound"),
            ("handler", None, "Runtime.MalformedHandlerName"),
            ("broken.handler", "raise ValueError('no')", "ValueError"),
            ("broken.handler", "handler = print\ndef build_service(): raise ValueError('no')", "ValueError"),
        ],
    )
    def test_a_function_that_cannot_start_says_so_and_ends(
        self,
        api: FakeRuntimeApi,
        start: Start,
        places: dict[str, Path],
        handler: str,
        code: str | None,
        error_type: str,
    ) -> None:
        if code:
            (places["task"] / "broken.py").write_text(code)
        process = start(handler)
        post = api.post("init/error")
        assert post.headers["Lambda-Runtime-Function-Error-Type"] == error_type
        assert post.json()["errorType"] == error_type
        assert process.wait(10) == 1

    def test_the_service_is_built_before_the_first_invocation(
        self, api: FakeRuntimeApi, start: Start, places: dict[str, Path]
    ) -> None:
        built = places["task"] / "built"
        (places["task"] / "slow.py").write_text(
            f"def build_service(): open({str(built)!r}, 'w').close()\ndef handler(event, context): yield b'x'\n"
        )
        start("slow.handler")
        wait_for(built.exists)
        assert not api.posts


def wait_for(condition: Callable[[], Any]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it did not happen")
