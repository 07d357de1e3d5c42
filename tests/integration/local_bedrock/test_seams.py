"""Probes of the places where moto is opened: each fails loudly when an upgrade moves its hook."""

from __future__ import annotations

import http.client
import inspect
import json
from typing import Any
from urllib.parse import quote, urlsplit

from moto.bedrock.responses import BedrockResponse
from moto.bedrockruntime.responses import BedrockRuntimeResponse
from moto.core.eventstream import EventStream
from moto.core.serialize import get_serializer_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from local.bedrock.request_shape import operation

BODY = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}).encode()


def ask(endpoint: str, path: str, **headers: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    connection.request("POST", path, body=BODY, headers=headers)
    response = connection.getresponse()
    data = response.read()
    connection.close()
    assert response.status == 200, data
    return dict(json.loads(data))


def test_response_classes_are_dispatched_by_their_own_method(endpoint: str) -> None:
    for response_class in (BedrockRuntimeResponse, BedrockResponse):
        assert response_class._dispatch.__module__ == "local.bedrock.seams.response_classes"
        assert "cls()._dispatch" in inspect.getsource(response_class.dispatch)


def test_event_streams_are_encoded_with_motos_own_parts() -> None:
    serializer = get_serializer_class("bedrock-runtime", "rest-json")(operation("bedrock-runtime", "ConverseStream"))
    assert serializer._event_stream_serializer is not None
    events = EventStream(
        {"stream": iter([{"messageStart": {"role": "assistant"}}])},
        operation("bedrock-runtime", "ConverseStream").output_shape,
        serializer._event_stream_serializer,
    )
    assert [event.headers[":event-type"] for event in events] == ["messageStart"]


def test_requests_are_routed_by_the_patched_method(endpoint: str) -> None:
    assert DomainDispatcherApplication.infer_service_region_host.__module__ == "local.bedrock.seams.service_routing"
    assert "infer_service_region_host(" in inspect.getsource(DomainDispatcherApplication.get_application)


def test_bearer_keys_and_unsigned_requests_reach_bedrock(endpoint: str) -> None:
    path = "/model/amazon.nova-lite-v1:0/converse"
    assert ask(endpoint, path)["stopReason"] == "end_turn"
    assert ask(endpoint, path, Authorization="Bearer bedrock-api-key-x")["stopReason"] == "end_turn"


def test_arns_are_found_with_and_without_encoded_slashes(endpoint: str) -> None:
    arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
    for name in (arn, quote(arn, safe="")):
        assert ask(endpoint, f"/model/{name}/converse")["stopReason"] == "end_turn"
