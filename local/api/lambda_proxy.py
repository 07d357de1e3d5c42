"""Lambda proxy integrations: calls the function the way the method says, and refuses an answer of the other way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from local.api.lambda_answer import MalformedAnswerError, buffered_answer, streamed_head
from local.api.messages import ApiAnswer, GatewayFaultError, StreamBrokenError
from local.api.rest_api import Integration
from local.functions import FunctionError, FunctionHost, InvokeRefusedError, StreamedInvoke

# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
_STREAM_TYPE = "application/vnd.awslambda.http-integration-response"
_DELIMITER = b"\0" * 8
_METADATA_LIMIT_BYTES = 16 * 1024
_IDLE_SECONDS = 300.0


class LambdaProxy:
    """All proxy integrations of the API; `log` hears in one line why an answer became a 502 or 504."""

    def __init__(
        self, functions: FunctionHost, *, log: Callable[[str], None], idle_seconds: float = _IDLE_SECONDS
    ) -> None:
        self._functions, self._log, self._idle_seconds = functions, log, idle_seconds

    def answer(self, integration: Integration, event: bytes, *, decode_base64: bool) -> ApiAnswer:
        """Raises the fault that the client shall see."""
        if integration.function_name is None:
            raise self._fault("its URI names no function", status=500)
        if integration.streams != integration.uri_streams:
            raise self._fault(
                f"ResponseTransferMode {'STREAM' if integration.streams else 'BUFFERED'} does not fit the URI, which "
                f"{'streams' if integration.uri_streams else 'does not stream'}"
            )
        try:
            if integration.streams:
                return self._streamed(integration, integration.function_name, event)
            return self._buffered(integration, integration.function_name, event, decode_base64=decode_base64)
        except InvokeRefusedError as refusal:
            raise self._refused(refusal) from refusal
        except TimeoutError as error:
            self._log(f"{integration.function_name} did not answer within {integration.timeout_seconds:g} seconds: 504")
            raise GatewayFaultError("INTEGRATION_TIMEOUT", "Endpoint request timed out") from error

    def _buffered(self, integration: Integration, name: str, event: bytes, *, decode_base64: bool) -> ApiAnswer:
        result = self._functions.invoke(name, event, wait_seconds=integration.timeout_seconds)
        if result.error is not None:
            raise self._fault(f"{name} failed")
        if result.streamed:
            raise self._fault(f"the integration is BUFFERED, but {name} answered with a stream")
        try:
            return buffered_answer(result.payload, decode_base64=decode_base64)
        except MalformedAnswerError as error:
            raise self._fault(f"malformed proxy answer of {name}: {error}") from error

    def _streamed(self, integration: Integration, name: str, event: bytes) -> ApiAnswer:
        end = time.monotonic() + integration.timeout_seconds
        try:
            stream = self._functions.invoke_streaming(name, event).wait(integration.timeout_seconds)
            if not stream.streamed:
                raise self._fault(f"the integration is STREAM, but {name} answered with a buffered response")
            if stream.content_type != _STREAM_TYPE:
                raise self._fault(f"{name} streams {stream.content_type!r} in place of {_STREAM_TYPE!r}")
            metadata, rest = self._metadata(stream, end)
            status, headers = streamed_head(metadata)
        except InvokeRefusedError:
            raise
        except FunctionError as error:
            raise self._fault(f"{name} failed before its metadata") from error
        except MalformedAnswerError as error:
            raise self._fault(f"malformed streaming metadata of {name}: {error}") from error
        return ApiAnswer(status, headers, self._pieces(stream, rest, end))

    def _metadata(self, stream: StreamedInvoke, end: float) -> tuple[bytes, bytes]:
        """What stands before the delimiter, and what of the body has come along with it."""
        head = b""
        while (piece := stream.read(self._left(end))) is not None:
            head += piece
            metadata, delimiter, rest = head.partition(_DELIMITER)
            if delimiter and len(metadata) <= _METADATA_LIMIT_BYTES:
                return metadata, rest
            if len(head) > _METADATA_LIMIT_BYTES + len(_DELIMITER):
                break
        raise MalformedAnswerError("no delimiter of eight NULs within the first 16 KB")

    def _pieces(self, stream: StreamedInvoke, first: bytes, end: float) -> Iterator[bytes]:
        if first:
            yield first
        try:
            while (piece := stream.read(self._left(end))) is not None:
                yield piece
        except FunctionError as error:
            raise StreamBrokenError("the function failed in mid-stream") from error
        except TimeoutError as error:
            raise StreamBrokenError("the stream was idle or open for too long") from error

    def _left(self, end: float) -> float:
        return max(0.0, min(self._idle_seconds, end - time.monotonic()))

    def _refused(self, refusal: InvokeRefusedError) -> GatewayFaultError:
        if refusal.status == 413:
            return GatewayFaultError("REQUEST_TOO_LARGE", "Request Too Long")
        return self._fault(f"Lambda refused the call: {refusal}", status=500)

    def _fault(self, why: str, *, status: int = 502) -> GatewayFaultError:
        self._log(f"{why}: {status}")
        response_type = "INTEGRATION_FAILURE" if status == 502 else "DEFAULT_5XX"
        return GatewayFaultError(response_type, "Internal server error", status=status)
