"""HTTP for Lambda: API Gateway's proxy event in, JSON, problems and streams out, one log line per request."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import msgspec

from lambdas.shared.domain.errors import NotFoundError
from lambdas.shared.runtime.after_answer import AnswerThenWork
from lambdas.shared.runtime.cors import cors_headers
from lambdas.shared.runtime.observability import InvocationLog
from lambdas.shared.runtime.problem import CONTENT_TYPE as PROBLEM_CONTENT_TYPE
from lambdas.shared.runtime.problem import problem_from
from lambdas.shared.runtime.request import Request, headers_of, request_from_event, request_id_of, require_scope
from lambdas.shared.runtime.request_body import decode_json

__all__ = ["Request", "Response", "Route", "decode_body", "encode_json", "http_handler", "idempotent", "json_response"]

StructT = TypeVar("StructT", bound=msgspec.Struct)

# Lambda's HTTP integration protocol: metadata, eight NULs, then the body.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
_METADATA_END = b"\0" * 8
# A whole answer leaves in pieces of this size: the Runtime API and the gateway hold one at a time.
_PIECE_BYTES = 1024 * 1024
# Decimals are money: numbers on the wire, written without a detour through binary floats.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; a body in pieces is sent as it arrives where the function streams."""

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Request], Response]


def encode_json(value: Any) -> bytes:
    """`value` as JSON; structs, dataclasses, datetimes and Decimals (as numbers) are understood."""
    return _ENCODER.encode(value)


def json_response(value: Any, *, status: int = 200) -> Response:
    """An answer whose body is `encode_json(value)`."""
    return Response(status, encode_json(value), {"content-type": "application/json"})


def decode_body(request: Request, struct: type[StructT]) -> StructT:
    """The body as `struct`; raises InvalidInputError with JSON pointers. The content type is not looked at."""
    return decode_json(request.body, struct)


def idempotent(route: Route, run: Callable[[], Callable[[Route, Request], Response]]) -> Route:
    """`route`, done at most once for each `Idempotency-Key`. Without the header that costs nothing: what keeps the keys
    is imported and made by `run`, for the first request that has one."""

    @wraps(route)
    def keyed(request: Request) -> Response:
        return run()(route, request) if "idempotency-key" in request.headers else route(request)

    return keyed


def http_handler(
    routes: Mapping[tuple[str, str], Route], *, scope: str | None = None
) -> Callable[[dict[str, Any], Any], Any]:
    """A Lambda handler for `(method, resource)` -> route; `scope` is what a key needs for any of them."""

    def handle(event: dict[str, Any], context: Any) -> Any:
        request_id = request_id_of(event, context)
        log = InvocationLog(request_id=request_id, method=event.get("httpMethod"), resource=event.get("resource"))
        common = {"x-request-id": request_id, **cors_headers(headers_of(event).get("origin"))}
        later: list[Callable[[], object]] = []
        try:
            request = request_from_event(event, context, after_answer=later)
            log.add(tenant=request.caller.tenant, client=request.caller.client)
            response = _answer(routes, request, scope)
        except Exception as error:  # whatever it was, the caller gets a proper answer
            response = _problem_response(error, log)
        if getattr(context, "streams_response", False):
            return AnswerThenWork(_streamed(response, common, log), later)
        return _buffered(response, common, log)

    return handle


def _answer(routes: Mapping[tuple[str, str], Route], request: Request, scope: str | None) -> Response:
    route = routes.get((request.method, request.resource))
    if route is None:
        raise NotFoundError(f"There is no {request.method} {request.resource}.")
    if scope is not None:
        require_scope(request.caller, scope)
    return route(request)


def _problem_response(error: BaseException, log: InvocationLog) -> Response:
    problem = problem_from(error)
    log.add(code=problem.code)
    if problem.status == 500:
        log.defect(error)
    headers = {"content-type": PROBLEM_CONTENT_TYPE}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    return Response(problem.status, encode_json(problem.as_dict()), headers)


def _streamed(response: Response, common: Mapping[str, str], log: InvocationLog) -> Iterator[bytes]:
    """What our Runtime API loop sends on, piece by piece."""
    metadata = encode_json({"statusCode": response.status, "headers": {**response.headers, **common}})
    body = response.body
    log.add(status=response.status, first_byte_ms=log.elapsed_ms)
    try:
        if isinstance(body, bytes):
            yield metadata + _METADATA_END + body[:_PIECE_BYTES]
            yield from (body[at : at + _PIECE_BYTES] for at in range(_PIECE_BYTES, len(body), _PIECE_BYTES))
            return
        yield metadata + _METADATA_END
        yield from body
    except GeneratorExit:
        log.add(hung_up=True)
        raise
    except BaseException as error:
        log.add(failed=True)
        log.defect(error)
        raise
    finally:
        # `yield from` has closed a body that began; one that never began has nothing to tidy but must not start later.
        getattr(body, "close", _nothing)()
        log.write()


def _buffered(response: Response, common: Mapping[str, str], log: InvocationLog) -> dict[str, Any]:
    try:
        whole = _whole(response.body)
    except Exception as error:  # nothing was sent yet, so even this gets its status
        response = _problem_response(error, log)
        whole = _whole(response.body)
    log.write(status=response.status)
    try:
        text, encoded = whole.decode("utf-8"), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(whole).decode("ascii"), True
    headers = {**response.headers, **common}
    return {"statusCode": response.status, "headers": headers, "body": text, "isBase64Encoded": encoded}


def _whole(body: bytes | Iterator[bytes]) -> bytes:
    return body if isinstance(body, bytes) else b"".join(body)


def _nothing() -> None:
    """Bodies that are no generators have nothing to close."""
