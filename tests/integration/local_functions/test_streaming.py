"""Answers that arrive piece by piece."""

from __future__ import annotations

import json

import pytest

from local.functions import FunctionError, InvokeRefusedError
from tests.integration.local_functions.processes import eventually
from tests.integration.local_functions.workshop import Workshop

STREAM_TYPE = "application/vnd.awslambda.http-integration-response"


def test_pieces_arrive_before_the_function_has_ended(workshop: Workshop) -> None:
    code = """
    def handler(event):
        yield b"one"
        wait_for("first-was-read")
        yield b"two"
    """
    name = workshop.function("drip", code, streaming=True)
    stream = workshop.host().invoke_streaming(name, b"{}")
    assert (stream.streamed, stream.content_type) == (True, STREAM_TYPE)
    assert stream.read() == b"one"
    (workshop.root / "first-was-read").touch()
    assert list(stream) == [b"two"]
    assert stream.read() is None


def test_a_buffered_answer_is_one_piece_and_says_so(workshop: Workshop) -> None:
    name = workshop.function("plain", "def handler(event, context): return 'all'")
    stream = workshop.host().invoke_streaming(name, b"{}")
    assert (stream.streamed, stream.content_type, list(stream)) == (False, "application/json", [b'"all"'])


def test_a_streamed_answer_can_be_taken_as_a_whole(workshop: Workshop) -> None:
    name = workshop.function("drip", "def handler(event):\n  yield b'one'\n  yield b'two'", streaming=True)
    result = workshop.host().invoke(name, b"{}")
    assert (result.payload, result.error, result.streamed) == (b"onetwo", None, True)


def test_an_error_before_the_first_piece(workshop: Workshop) -> None:
    name = workshop.function("early", "def handler(event):\n  raise KeyError('early')\n  yield b''", streaming=True)
    stream = workshop.host().invoke_streaming(name, b"{}")
    with pytest.raises(FunctionError) as error:
        stream.content_type  # noqa: B018  # reading it waits for the answer
    assert json.loads(error.value.payload)["errorType"] == "KeyError"


def test_an_error_in_mid_stream_comes_after_what_was_sent(workshop: Workshop) -> None:
    name = workshop.function("late", "def handler(event):\n  yield b'one'\n  raise ValueError('late')", streaming=True)
    host = workshop.host()
    stream = host.invoke_streaming(name, b"{}")
    assert stream.read() == b"one"
    with pytest.raises(FunctionError, match="late") as error:
        stream.read()
    assert json.loads(error.value.payload) == {"errorType": "ValueError", "errorMessage": "late"}
    assert host.invoke(name, b"{}").error == "Unhandled"


def test_a_crash_in_mid_stream(workshop: Workshop) -> None:
    name = workshop.function(
        "crash", "def handler(event):\n  yield b'one'\n  time.sleep(0.5)\n  os._exit(3)", streaming=True
    )
    stream = workshop.host().invoke_streaming(name, b"{}")
    assert stream.read() == b"one"
    with pytest.raises(FunctionError, match="exit status 3"):
        stream.read()


def test_a_timeout_in_mid_stream(workshop: Workshop) -> None:
    code = "def handler(event):\n  yield b'one'\n  time.sleep(60)"
    name = workshop.function("hangs", code, streaming=True, Timeout=1)
    stream = workshop.host().invoke_streaming(name, b"{}")
    assert stream.read() == b"one"
    with pytest.raises(FunctionError, match=r"Task timed out after 1\.00 seconds"):
        stream.read()


def test_a_stream_may_be_longer_than_a_buffered_answer(workshop: Workshop) -> None:
    code = "def handler(event):\n  for _ in range(8): yield bytes(1024 * 1024)"
    name = workshop.function("long", code, streaming=True)
    stream = workshop.host().invoke_streaming(name, b"{}")
    assert sum(map(len, stream)) == 8 * 1024 * 1024


def test_the_function_goes_on_when_nobody_reads(workshop: Workshop) -> None:
    code = """
    def handler(event):
        yield b"one"
        for _ in range(100): yield b"more"
        pathlib.Path("done").touch()
    """
    name = workshop.function("alone", code, streaming=True)
    host = workshop.host()
    assert host.invoke_streaming(name, b"{}").read() == b"one"
    assert eventually((workshop.root / "done").exists)
    assert host.invoke(name, b"{}").error is None


def test_waiting_for_a_piece_has_its_limit(workshop: Workshop) -> None:
    code = "def handler(event):\n  yield b'one'\n  wait_for('go')"
    name = workshop.function("waits", code, streaming=True)
    stream = workshop.host().invoke_streaming(name, b"{}")
    assert stream.read() == b"one"
    with pytest.raises(TimeoutError):
        stream.read(0.01)
    (workshop.root / "go").touch()
    assert stream.read() is None


def test_a_large_request_is_refused_here_too(workshop: Workshop) -> None:
    name = workshop.function("plain", "def handler(event): yield b''", streaming=True)
    with pytest.raises(InvokeRefusedError):
        workshop.host().invoke_streaming(name, bytes(7 * 1024 * 1024))
