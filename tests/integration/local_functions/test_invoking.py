"""Calling a function: its answer, its errors, its environment, its limits."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from local.functions import InvokeRefusedError
from tests.integration.local_functions.processes import eventually, is_running
from tests.integration.local_functions.workshop import Workshop

ECHO = "def handler(event, context): return event"
WHO = "import os\ndef handler(event, context): return os.getpid()"


def test_a_function_gets_its_event_and_its_answer_comes_back(workshop: Workshop) -> None:
    name = workshop.function("echo", ECHO)
    result = workshop.host().invoke(name, '{"text": "안녕"}'.encode())
    assert (json.loads(result.payload), result.error, result.streamed) == ({"text": "안녕"}, None, False)


def test_a_function_can_be_named_by_its_arn(workshop: Workshop) -> None:
    name = workshop.function("echo", ECHO)
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert workshop.host().invoke(arn, b"1").payload == b"1"


def test_a_process_is_reused(workshop: Workshop) -> None:
    name = workshop.function("who", WHO)
    host = workshop.host()
    assert len({host.invoke(name, b"{}").payload for _ in range(5)}) == 1
    assert workshop.logged("(cold, init")
    assert eventually(lambda: workshop.logged("(warm)"))


def test_the_process_sees_the_template_s_variables_and_lambda_s_own(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_MACHINE", "x")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = """
    import os, sys
    def handler(event, context):
        return {**os.environ, "cwd": os.getcwd(), "remaining": context.get_remaining_time_in_millis(),
                "arn": context.invoked_function_arn, "id": context.aws_request_id, "python": sys.executable}
    """
    name = workshop.function("env", code, MemorySize=512, variables={"TABLE": "t"})
    seen = json.loads(workshop.host().invoke(name, b"{}").payload)
    root = str(workshop.root)
    assert seen["TABLE"] == "t"
    assert (seen["LAMBDA_TASK_ROOT"], seen["cwd"], seen["_HANDLER"]) == (root, root, "app.env_handler.handler")
    assert (seen["AWS_LAMBDA_FUNCTION_NAME"], seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) == (name, "512")
    assert (seen["AWS_REGION"], seen["AWS_ENDPOINT_URL"]) == ("us-east-1", "http://127.0.0.1:4566")
    assert seen["AWS_ACCESS_KEY_ID"]
    assert seen["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert 0 < seen["remaining"] <= 10_000
    assert seen["arn"].endswith(f":function:{name}")
    assert eventually(lambda: workshop.logged(seen["id"]))
    assert seen["python"] == sys.executable
    assert not {"SECRET_OF_THIS_MACHINE", "PYTHONDONTWRITEBYTECODE"} & set(seen)


def test_an_exception_is_the_answer_s_error(workshop: Workshop) -> None:
    name = workshop.function("bad", "def handler(event, context): raise KeyError('no such thing')")
    host = workshop.host()
    result = host.invoke(name, b"{}")
    assert result.error == "Unhandled"
    assert json.loads(result.payload)["errorType"] == "KeyError"
    assert host.invoke(name, b"{}").error == "Unhandled"  # the process lives on
    assert eventually(lambda: workshop.logged("Bad | Traceback (most recent call last):"))


def test_a_function_that_cannot_be_imported_answers_with_its_init_error(workshop: Workshop) -> None:
    name = workshop.function("broken", "import no_such_package\ndef handler(event, context): return 1")
    result = workshop.host().invoke(name, b"{}")
    assert result.error == "Unhandled"
    assert json.loads(result.payload)["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_package" in json.loads(result.payload)["errorMessage"]


def test_an_init_that_never_ends_is_an_error(workshop: Workshop) -> None:
    name = workshop.function("slow", "import time\ntime.sleep(60)\ndef handler(event, context): return 1")
    result = workshop.host(init_seconds=0.3).invoke(name, b"{}")
    assert "Init timed out after 0.30 seconds" in json.loads(result.payload)["errorMessage"]


def test_a_process_that_ends_during_init_is_an_error(workshop: Workshop) -> None:
    name = workshop.function("exits", "import os\nos._exit(7)")
    error = json.loads(workshop.host().invoke(name, b"{}").payload)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: exit status 7")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os._exit(1)", "Runtime exited with error: exit status 1"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_crash_is_an_error_at_once_and_the_next_call_gets_a_new_process(
    workshop: Workshop, code: str, words: str
) -> None:
    name = workshop.function(
        "crash", f"import os\ndef handler(event, context):\n  if event: {code}\n  return 'ok'", Timeout=600
    )
    host = workshop.host()
    error = json.loads(host.invoke(name, b"1").payload)
    assert (error["errorType"], words in error["errorMessage"]) == ("Runtime.ExitError", True)
    assert host.invoke(name, b"0").payload == b'"ok"'


def test_a_process_that_ends_between_two_calls_costs_nobody_an_error(workshop: Workshop) -> None:
    code = """
    import os, threading
    def handler(event, context):
        threading.Timer(0.05, os._exit, (1,)).start()
        return os.getpid()
    """
    name = workshop.function("quits", code)
    host = workshop.host()
    pids = [json.loads(host.invoke(name, b"{}").payload)]
    assert eventually(lambda: not is_running(pids[0]))
    assert host.invoke(name, b"{}").error is None


def test_a_timeout_of_the_template_ends_the_process(workshop: Workshop) -> None:
    code = """
    import os, pathlib, time
    def handler(event, context):
        pathlib.Path(event).write_text(str(os.getpid()))
        time.sleep(60)
    """
    name = workshop.function("sleeps", code, Timeout=1)
    file = workshop.root / "pid"
    result = workshop.host().invoke(name, json.dumps(str(file)).encode())
    error = json.loads(result.payload)
    assert result.error == "Unhandled"
    assert error["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert eventually(lambda: not is_running(int(file.read_text())))


def test_a_caller_can_wait_less_long_than_the_function_runs(workshop: Workshop) -> None:
    code = """
    import pathlib, time
    def handler(event, context):
        time.sleep(0.3)
        pathlib.Path(event).touch()
    """
    name = workshop.function("slow", code)
    done = workshop.root / "done"
    with pytest.raises(TimeoutError):
        workshop.host().invoke(name, json.dumps(str(done)).encode(), wait_seconds=0.01)
    assert eventually(done.exists)


def test_a_request_over_6_mb_is_refused(workshop: Workshop) -> None:
    name = workshop.function("echo", ECHO)
    host = workshop.host()
    with pytest.raises(InvokeRefusedError) as refusal:
        host.invoke(name, b'"' + b"x" * (6 * 1024 * 1024) + b'"')
    assert (refusal.value.code, refusal.value.status) == ("RequestEntityTooLargeException", 413)


def test_an_answer_over_6_mb_is_an_error_and_the_next_call_works(workshop: Workshop) -> None:
    name = workshop.function("large", "def handler(event, context): return 'x' * event")
    host = workshop.host()
    assert len(host.invoke(name, str(6 * 1024 * 1024).encode()).payload) == 6 * 1024 * 1024 + 2
    error = json.loads(host.invoke(name, str(7 * 1024 * 1024).encode()).payload)
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert host.invoke(name, b"1").payload == b'"x"'


def test_an_unknown_function_is_refused(workshop: Workshop) -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        workshop.host().invoke("nobody", b"{}")
    assert (refusal.value.code, refusal.value.status) == ("ResourceNotFoundException", 404)


def test_a_wrapper_that_cannot_be_run_is_an_error(workshop: Workshop) -> None:
    name = workshop.function("echo", ECHO, streaming=True)
    (workshop.root / "bootstrap").chmod(0o644)
    error = json.loads(workshop.host().invoke(name, b"{}").payload)
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "bootstrap" in error["errorMessage"]


def test_an_event_is_tried_three_times(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.functions.host._SECONDS_BEFORE_RETRY", (0.0, 0.0))
    code = """
    def handler(event, context):
        with open(event, "a") as file: file.write("x")
        raise ValueError("again")
    """
    name = workshop.function("event", code)
    file = workshop.root / "tries"
    workshop.host().invoke_async(name, json.dumps(str(file)).encode())
    assert eventually(lambda: workshop.logged("event given up after three attempts"))
    assert file.read_text() == "xxx"


def test_the_log_shows_what_a_function_prints(workshop: Workshop) -> None:
    name = workshop.function("talks", "import sys\ndef handler(e, c): print('hello'); print('oops', file=sys.stderr)")
    workshop.host().invoke(name, b"{}")
    assert eventually(lambda: workshop.logged("Talks | hello") and workshop.logged("Talks | oops"))
    assert eventually(lambda: workshop.logged("Talks | REPORT "))
