"""Probes of the places where moto is opened: each fails loudly when an upgrade moves its hook."""

from __future__ import annotations

import http.client
import inspect
import json
from typing import Any
from urllib.parse import quote, urlsplit

from moto.bedrock.models import BedrockBackend, bedrock_backends
from moto.bedrock.responses import BedrockResponse
from moto.bedrockagent.responses import AgentsforBedrockResponse
from moto.bedrockruntime.responses import BedrockRuntimeResponse
from moto.core.eventstream import EventStream
from moto.core.serialize import get_serializer_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.s3.models import S3Backend
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

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
    seams = "local.bedrock.seams.response_classes", "local.bedrock.seams.knowledge_routes"
    for response_class in (BedrockRuntimeResponse, BedrockResponse, AgentsforBedrockResponse):
        assert response_class._dispatch.__module__ in seams
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


def test_batch_jobs_are_tagged_in_motos_own_store(endpoint: str) -> None:
    assert BedrockBackend._list_arns.__module__ == "local.bedrock.seams.resource_tags"
    for name in ("tag_resource", "untag_resource", "list_tags_for_resource"):
        assert "self._list_arns()" in inspect.getsource(getattr(BedrockBackend, name))
    assert callable(bedrock_backends["123456789012"]["us-east-1"].tagger.tag_resource)


def test_batch_jobs_read_and_write_motos_own_objects() -> None:
    assert list(inspect.signature(S3Backend.list_objects).parameters)[1:] == [
        "bucket", "prefix", "delimiter", "marker", "max_keys",
    ]  # fmt: skip
    assert list(inspect.signature(S3Backend.put_object).parameters)[1:4] == ["bucket_name", "key_name", "value"]


def test_service_quotas_are_answered_by_the_patched_methods(endpoint: str) -> None:
    assert ServiceQuotasBackend.get_service_quota.__module__ == "local.quotas.service_quotas"
    for name in ("list_service_quotas", "list_aws_default_service_quotas", "get_aws_default_service_quota"):
        assert getattr(ServiceQuotasResponse, name).__module__ == "local.quotas.service_quotas"
    assert "self.backend.get_service_quota(" in inspect.getsource(ServiceQuotasResponse.get_service_quota)


def test_unsigned_requests_reach_the_batch_jobs(endpoint: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    connection.request("GET", "/model-invocation-jobs?maxResults=1")
    response = connection.getresponse()
    assert response.status == 200 and b"invocationJobSummaries" in response.read()
    connection.close()
