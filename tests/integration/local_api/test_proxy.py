"""Buffered proxy integrations: the event, the answer, and what is refused."""

from __future__ import annotations

import base64
import json
import re
import socket
from urllib.parse import urlsplit

import pytest

from tests.integration.local_api.gateway_house import GatewayHouse

EVENT_BACK = "import json\ndef handler(event, context): return {'statusCode': 200, 'body': json.dumps(event)}"
# answers with the event's body, which is a whole proxy answer
SAY = "import json\ndef handler(event, context): return json.loads(event['body'])"


def test_the_event_has_the_whole_shape_of_a_rest_api(house: GatewayHouse) -> None:
    house.stage(Variables={"colour": "blue"})
    house.proxy("PATCH /conversations/{id}", house.workshop.function("back", EVENT_BACK))
    answer = house.call(
        "PATCH /prod/conversations/a%20%ED%95%9Cb?x=1&x=2&y=%26", b'{"t": 1}', Content_Type="application/json", X_A="1"
    )
    event = answer.json()
    assert (event["resource"], event["httpMethod"]) == ("/conversations/{id}", "PATCH")
    assert event["path"] == "/conversations/a%20%ED%95%9Cb"
    assert event["pathParameters"] == {"id": "a 한b"}
    assert event["queryStringParameters"] == {"x": "2", "y": "&"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["&"]}
    assert (event["headers"]["X-A"], event["multiValueHeaders"]["X-A"]) == ("1", ["1"])
    assert event["stageVariables"] == {"colour": "blue"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"t": 1}', False)
    context = event["requestContext"]
    assert (context["accountId"], context["apiId"], context["stage"]) == ("123456789012", "api1", "prod")
    assert context["path"] == "/prod/conversations/a%20%ED%95%9Cb"
    assert (context["resourcePath"], context["httpMethod"]) == ("/conversations/{id}", "PATCH")
    assert (context["protocol"], context["identity"]["sourceIp"]) == ("HTTP/1.1", "127.0.0.1")
    assert context["requestId"] == answer.headers["x-amzn-requestid"]
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert isinstance(context["requestTimeEpoch"], int)
    assert context["resourceId"]
    assert context["extendedRequestId"]
    assert "authorizer" not in context


def test_what_is_absent_is_null(house: GatewayHouse) -> None:
    house.proxy("GET /a", house.workshop.function("back", EVENT_BACK))
    event = house.call("GET /a").json()
    names = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert [event[name] for name in names] == [None] * 5


def test_a_body_that_is_no_text_comes_in_base64(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("back", EVENT_BACK))
    event = house.call("POST /a", b"\xff\xfe\x00").json()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff\xfe\x00", True)


def test_a_chunked_request_is_read(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("back", EVENT_BACK))
    connection = house.connect()
    connection.request("POST", "/a", iter([b"one ", b"two"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == "one two"
    connection.close()


def test_status_headers_and_body_of_the_answer(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("say", SAY))
    said = {
        "statusCode": 201,
        "headers": {"X-One": "1", "X-Number": 2, "Content-Length": "99"},
        "multiValueHeaders": {"Content-Type": ["text/plain"]},
        "body": "안녕",
    }
    answer = house.call("POST /a", json.dumps(said).encode())
    assert (answer.status, answer.body.decode()) == (201, "안녕")
    assert (answer.headers["x-one"], answer.headers["x-number"]) == ("1", "2")
    assert (answer.headers["content-type"], answer.headers["content-length"]) == ("text/plain", "6")


def test_json_is_the_default_content_type_and_an_empty_body_is_fine(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("say", SAY))
    answer = house.call("POST /a", b'{"statusCode": 404}')
    assert (answer.status, answer.body, answer.headers["content-type"]) == (404, b"", "application/json")


MALFORMED = [
    "[]",
    '"text"',
    "null",
    "{}",
    '{"statusCode": "no"}',
    '{"statusCode": 99}',
    '{"statusCode": 200, "body": {"an": "object"}}',
    '{"statusCode": 200, "headers": []}',
    '{"statusCode": 200, "headers": {"a": {}}}',
    '{"statusCode": 200, "headers": {"a": "split\\r\\nb: c"}}',
    '{"statusCode": 200, "multiValueHeaders": {"a": "b"}}',
    '{"statusCode": 200, "isBase64Encoded": "yes"}',
]


def test_a_malformed_answer_is_a_502_with_a_line_in_the_log(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("say", SAY))
    for number, said in enumerate(MALFORMED, start=1):
        answer = house.call("POST /a", said.encode())
        assert (answer.status, answer.json()) == (502, {"message": "Internal server error"}), said
        assert sum("malformed proxy answer" in line for line in house.workshop.lines) == number


def test_an_error_of_the_function_is_a_502_that_tells_nothing(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("say", SAY))
    answer = house.call("POST /a", b"no json")
    assert (answer.status, answer.json()) == (502, {"message": "Internal server error"})


def test_an_answer_that_takes_too_long_is_a_504(house: GatewayHouse) -> None:
    slow = house.workshop.function("slow", "import time\ndef handler(event, context): time.sleep(30)", Timeout=60)
    house.proxy("GET /a", slow, timeout=50)
    answer = house.call("GET /a")
    assert (answer.status, answer.json()) == (504, {"message": "Endpoint request timed out"})


def test_a_function_that_lambda_throttles_is_a_500(house: GatewayHouse) -> None:
    house.proxy("GET /a", house.workshop.function("none", EVENT_BACK, ReservedConcurrentExecutions=0))
    assert house.call("GET /a").status == 500
    assert house.workshop.logged("api | GET /a: Lambda refused the call: Rate Exceeded.: 500")


def test_base64_is_decoded_only_for_the_api_s_binary_media_types(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("say", SAY))
    said = json.dumps({"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\xff").decode()})
    assert house.call("POST /a", said.encode(), Accept="image/png").body == b"/w=="


@pytest.mark.parametrize("route", ["GET /", "GET /none", "GET /a/b", "DELETE /a", "FOO /a", "HEAD /a", "GET /prod"])
def test_an_unknown_path_or_method_is_a_missing_authentication_token(house: GatewayHouse, route: str) -> None:
    house.proxy("POST /a", "nobody")
    answer = house.call(route)
    assert answer.status == 403
    if not route.startswith("HEAD"):
        assert answer.json() == {"message": "Missing Authentication Token"}


def test_fixed_segments_win_over_parameters_and_those_over_the_rest(house: GatewayHouse) -> None:
    back = house.workshop.function("back", EVENT_BACK)
    for route in ("ANY /x/{rest+}", "GET /x/{one}", "GET /x/fixed", "GET /x/{one}/deep"):
        house.proxy(route, back)
    found = {path: house.call(f"GET {path}").json() for path in ("/x/fixed", "/x/a%2Fb", "/x/a/deep", "/x/a/b/c")}
    assert {path: event["resource"] for path, event in found.items()} == {
        "/x/fixed": "/x/fixed",
        "/x/a%2Fb": "/x/{one}",
        "/x/a/deep": "/x/{one}/deep",
        "/x/a/b/c": "/x/{rest+}",
    }
    assert found["/x/a%2Fb"]["pathParameters"] == {"one": "a/b"}
    assert found["/x/a/b/c"]["pathParameters"] == {"rest": "a/b/c"}
    assert house.call("HEAD /x/a/b").status == 200


def test_a_body_over_10_mb_is_refused_and_one_over_6_mb_by_lambda(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("back", EVENT_BACK))
    large = house.call("POST /a", bytes(10 * 1024 * 1024 + 1))
    assert (large.status, large.json()) == (413, {"message": "HTTP content length exceeded 10485760 bytes."})
    medium = house.call("POST /a", b"x" * (7 * 1024 * 1024))
    assert (medium.status, medium.json()) == (413, {"message": "Request Too Long"})


def raw(house: GatewayHouse, text: bytes) -> bytes:
    address = urlsplit(house.front.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(text)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def test_a_client_that_asks_first_need_not_send_what_is_too_large(house: GatewayHouse) -> None:
    house.proxy("POST /a", "nobody")
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\nExpect: 100-continue\r\n\r\n"
    assert raw(house, head).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_asks_first_is_told_to_continue(house: GatewayHouse) -> None:
    house.proxy("POST /a", house.workshop.function("back", EVENT_BACK))
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhi"
    received = raw(house, head)
    assert received.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 200 " in received


def test_a_request_that_lies_about_its_length_is_refused(house: GatewayHouse) -> None:
    house.proxy("POST /a", "nobody")
    assert raw(house, b"POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_connection_serves_many_requests(house: GatewayHouse) -> None:
    house.proxy("GET /a", house.workshop.function("back", EVENT_BACK))
    connection = house.connect()
    for _ in range(3):
        connection.request("GET", "/a")
        assert connection.getresponse().read()
    opened = connection.sock
    connection.request("GET", "/none")
    connection.getresponse().read()
    assert connection.sock is opened
    connection.close()


def test_a_busy_port_is_an_error_of_the_operating_system(house: GatewayHouse) -> None:
    from local.api import ApiFront

    with pytest.raises(OSError, match="in use"):
        ApiFront(house.workshop.deployment(), house.workshop.host(), port=urlsplit(house.front.url).port or 0)
