"""Writes results, errors and event streams in the form that the operation's output shape asks for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from botocore.validate import ParamValidator
from moto.core.eventstream import EventStream, EventStreamEncoder, EventStreamMessage
from moto.core.model import OperationModel
from moto.core.serialize import XFormedAttributePicker, get_serializer_class

from local.bedrock.errors import BedrockError, InternalServerError

HttpAnswer = tuple[int, dict[str, str], "str | bytes | Iterator[bytes]"]
JSON = "application/json"
EVENT_STREAM = "application/vnd.amazon.eventstream"


def write_result(model: OperationModel, result: dict[str, Any], headers: dict[str, str]) -> HttpAnswer:
    """A buffered answer; a result that does not fit the service model is our own mistake and says so."""
    report = ParamValidator().validate(result, model.output_shape)
    if report.has_errors():
        raise InternalServerError(f"The local answer does not fit {model.name}: {report.generate_report()}")
    written = _serializer(model).serialize(result)
    return int(written["status_code"]), {**written["headers"], **_always(), **headers}, written["body"]


def write_events(model: OperationModel, events: Iterator[dict[str, Any]], headers: dict[str, str]) -> HttpAnswer:
    """A streamed answer. The first event is made before the status goes out, so early errors keep theirs."""
    first = next(events)
    member = str(model.output_shape.event_stream_name)
    stream = {member: _chained(first, events)}
    return 200, {"Content-Type": EVENT_STREAM, **_always(), **headers}, _encoded(model, stream)


def write_error(error: BedrockError) -> HttpAnswer:
    """The wire form of an error: code in a header and in the body."""
    body = json.dumps({"__type": error.code, "message": error.message}, ensure_ascii=False)
    return error.status, {"Content-Type": JSON, "x-amzn-ErrorType": error.code, **_always()}, body


def _always() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}


def _serializer(model: OperationModel) -> Any:
    serializer = get_serializer_class(str(model.service_model.service_name), "rest-json")
    return serializer(operation_model=model, value_picker=XFormedAttributePicker())


def _chained(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def _encoded(model: OperationModel, result: dict[str, Any]) -> Iterator[bytes]:
    """One message at a time; moto itself would join all of them before it answers."""
    encoder = EventStreamEncoder()
    try:
        # The serializer's event part is what moto hands to EventStream, too.
        for event in EventStream(result, model.output_shape, _serializer(model)._event_stream_serializer):
            yield encoder.encode_event(event)
    except BedrockError as error:
        yield encoder.encode_event(_exception_message(error))


def _exception_message(error: BedrockError) -> EventStreamMessage:
    """An error in mid-stream, as the event stream protocol frames it."""
    code = "ModelStreamErrorException" if error.code == "ModelErrorException" else error.code
    headers: dict[str, Any] = {
        ":message-type": "exception",
        ":exception-type": code[0].lower() + code[1:],
        ":content-type": JSON,
    }
    return EventStreamMessage(headers, json.dumps({"message": error.message}).encode())
