"""Streamed integrations: pieces as they come, both kinds of mismatch, and failures before and after the head."""

from __future__ import annotations

import http.client

import pytest

from local.api.lambda_proxy import LambdaProxy
from local.api.messages import StreamBrokenError
from local.api.rest_api import read_rest_api
from tests.integration.local_api.gateway_house import GatewayHouse
from tests.integration.local_functions.processes import eventually

BUFFERED = "def handler(event, context): return {'statusCode': 200, 'body': 'plain'}"
STREAMED = "def handler(event):\n  yield head()\n  yield b'flow'"


def stream_route(house: GatewayHouse, code: str, **properties: int) -> None:
    timeout = properties.pop("timeout", 29_000)
    function = house.workshop.function("flow", code, streaming=True, **properties)
    house.proxy("POST /s", function, mode="STREAM", timeout=timeout)


def test_pieces_reach_the_client_before_the_function_has_ended(house: GatewayHouse) -> None:
    code = """
    def handler(event):
        yield head(202, **{"Content-Type": "text/event-stream"})
        wait_for("head-was-read")
        for number in range(3):
            yield b"piece %d" % number
            wait_for(f"piece-{number}-was-read")
    """
    stream_route(house, code)
    connection = house.connect()
    connection.request("POST", "/s", b"{}")
    response = connection.getresponse()  # the head comes before any piece of the body
    assert (response.status, response.headers["Content-Type"]) == (202, "text/event-stream")
    assert response.headers["Transfer-Encoding"] == "chunked"
    (house.workshop.root / "head-was-read").touch()
    for number in range(3):
        assert response.read1() == b"piece %d" % number
        (house.workshop.root / f"piece-{number}-was-read").touch()
    assert response.read() == b""
    connection.close()


def test_metadata_may_come_in_pieces_and_together_with_the_body(house: GatewayHouse) -> None:
    code = """
    def handler(event):
        text = head(201) + b"body"
        for at in range(0, len(text), 3):
            yield text[at : at + 3]
    """
    stream_route(house, code)
    answer = house.call("POST /s", b"{}")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (201, b"body", "application/json")


def test_cookies_of_the_metadata_are_headers(house: GatewayHouse) -> None:
    stream_route(house, "def handler(event):\n  yield json.dumps({'cookies': ['a=1']}).encode() + bytes(8)")
    answer = house.call("POST /s", b"{}")
    assert (answer.status, answer.headers["set-cookie"]) == (200, "a=1")


@pytest.mark.parametrize(
    "code",
    [
        "def handler(event):\n  yield b'no delimiter'",
        "def handler(event):\n  yield b'no json' + bytes(8)",
        "def handler(event):\n  yield head(99)",
        "def handler(event):\n  yield head(x='y' * 17000)",
        "def handler(event):\n  for _ in range(20): yield b'x' * 1024",
        "def handler(event):\n  raise ValueError()\n  yield b''",
        "def handler(event):\n  yield b'{'\n  raise ValueError()",
        "def handler(event):\n  os._exit(1)\n  yield b''",
    ],
)
def test_a_failure_before_the_head_is_complete_is_a_502(house: GatewayHouse, code: str) -> None:
    stream_route(house, code)
    answer = house.call("POST /s", b"{}")
    assert (answer.status, answer.json()) == (502, {"message": "Internal server error"})
    assert house.workshop.logged("api | POST /s: ")


@pytest.mark.parametrize("end", ["raise ValueError('late')", "os._exit(1)", "time.sleep(30)"])
def test_a_failure_in_mid_stream_breaks_the_connection(house: GatewayHouse, end: str) -> None:
    stream_route(house, f"def handler(event):\n  yield head()\n  yield b'half'\n  {end}", Timeout=1)
    with pytest.raises(http.client.IncompleteRead) as cut:
        house.call("POST /s", b"{}")
    assert cut.value.partial == b"half"
    assert eventually(lambda: house.workshop.logged("broken off"))


def test_no_head_in_time_is_a_504(house: GatewayHouse) -> None:
    stream_route(house, "def handler(event):\n  time.sleep(30)\n  yield head()", timeout=50)
    assert house.call("POST /s", b"{}").status == 504


def test_a_stream_open_for_too_long_is_broken_off(house: GatewayHouse) -> None:
    stream_route(house, "def handler(event):\n  yield head()\n  yield b'x'\n  time.sleep(30)", timeout=700)
    with pytest.raises(http.client.IncompleteRead):
        house.call("POST /s", b"{}")


def test_a_buffered_function_behind_a_streamed_route_is_refused(house: GatewayHouse) -> None:
    house.proxy("POST /s", house.workshop.function("plain", BUFFERED), mode="STREAM")
    assert house.call("POST /s", b"{}").status == 502
    assert house.workshop.logged("the integration is STREAM, but stack-plain answered with a buffered response")


def test_a_streaming_function_behind_a_buffered_route_is_refused(house: GatewayHouse) -> None:
    house.proxy("POST /s", house.workshop.function("flow", STREAMED, streaming=True))
    assert house.call("POST /s", b"{}").status == 502
    assert house.workshop.logged("the integration is BUFFERED, but stack-flow answered with a stream")


@pytest.mark.parametrize(("mode", "uri"), [("STREAM", "BUFFERED"), ("BUFFERED", "STREAM")])
def test_a_uri_that_does_not_fit_the_transfer_mode_is_refused(house: GatewayHouse, mode: str, uri: str) -> None:
    house.proxy("POST /s", house.workshop.function("flow", STREAMED, streaming=True), mode=mode, uri=uri)
    assert house.call("POST /s", b"{}").status == 502
    assert house.workshop.logged(f"ResponseTransferMode {mode} does not fit the URI")


def test_another_content_type_than_the_streaming_one_is_refused(house: GatewayHouse) -> None:
    function = house.workshop.function("flow", STREAMED, streaming=True, variables={"STREAM_TYPE": "text/plain"})
    house.proxy("POST /s", function, mode="STREAM")
    assert house.call("POST /s", b"{}").status == 502
    assert house.workshop.logged("streams 'text/plain'")


def test_the_function_goes_on_when_the_client_hangs_up(house: GatewayHouse) -> None:
    code = """
    def handler(event):
        yield head()
        yield b"x"
        wait_for("client-is-gone")
        for _ in range(200): yield bytes(65536)
        pathlib.Path("done").touch()
    """
    stream_route(house, code)
    connection = house.connect()
    connection.request("POST", "/s", b"{}")
    response = connection.getresponse()
    assert response.read1() == b"x"
    response.close()
    connection.close()
    (house.workshop.root / "client-is-gone").touch()
    assert eventually((house.workshop.root / "done").exists)
    assert eventually(lambda: house.workshop.logged("the client hung up"))
    assert not house.workshop.logged("Traceback")


def test_a_head_request_gets_no_body(house: GatewayHouse) -> None:
    house.proxy("ANY /s", house.workshop.function("flow", STREAMED, streaming=True), mode="STREAM")
    answer = house.call("HEAD /s")
    assert (answer.status, answer.body) == (200, b"")


def test_an_old_client_gets_the_stream_until_the_connection_ends(house: GatewayHouse) -> None:
    stream_route(house, STREAMED)
    connection = house.connect()
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    connection.request("POST", "/s", b"{}")
    response = connection.getresponse()
    assert (response.read(), response.headers["Transfer-Encoding"]) == (b"flow", None)
    connection.close()


def test_a_stream_that_is_idle_for_too_long_is_broken_off(house: GatewayHouse) -> None:
    stream_route(house, "def handler(event):\n  yield head()\n  yield b'x'\n  time.sleep(30)")
    (method,) = read_rest_api(house.workshop.deployment()).methods
    proxy = LambdaProxy(house.workshop.host(), log=house.workshop.lines.append, idle_seconds=1)
    pieces = iter(proxy.answer(method.integration, b"{}", decode_base64=False).body)
    assert next(pieces) == b"x"
    with pytest.raises(StreamBrokenError, match="idle"):
        next(pieces)
