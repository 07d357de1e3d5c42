"""Chat models of Amazon Bedrock, through Converse and ConverseStream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.json import decode

from lambdas.shared.adapters.bedrock_errors import model_error
from lambdas.shared.adapters.bedrock_event_stream import stream_events
from lambdas.shared.adapters.bedrock_guardrail_report import report_from_trace
from lambdas.shared.domain.chat_model import ChatReply, ChatRequest, TokenUsage
from lambdas.shared.domain.converse import converse_body
from lambdas.shared.domain.errors import ModelStreamInterruptedError
from lambdas.shared.domain.guardrail import GuardrailReport

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient


class BedrockChatModel:
    """Speaks to whatever `client` is connected to; its retries are the client's."""

    def __init__(self, client: BedrockRuntimeClient) -> None:
        self._client = client
        after_call = "after-call.bedrock-runtime.ConverseStream"
        client.meta.events.register(after_call, _keep_connection, unique_id="keep-connection")

    def reply(self, request: ChatRequest) -> ChatReply:
        """See `ChatModel`; raises ContextTooLongError too, where the provider counted more tokens than we did."""
        try:
            answer: Any = self._client.converse(
                modelId=request.model_id, **converse_body(request), **_guardrail_config(request)
            )
        except (ClientError, BotoCoreError) as error:
            raise model_error(error, request.model_id) from error
        blocks = answer["output"]["message"]["content"]
        # Blocks of other kinds (reasoningContent) are the model's own business.
        text = "".join(block["text"] for block in blocks if "text" in block)
        report = report_from_trace(answer.get("trace"))
        return ChatReply(text=text, stop_reason=answer["stopReason"], usage=_usage(answer["usage"]), guardrail=report)

    def stream(self, request: ChatRequest) -> Iterator[str | ChatReply]:
        """See `ChatModel`. Closing the iterator closes the connection, which ends the generation."""
        try:
            answer: Any = self._client.converse_stream(
                modelId=request.model_id, **converse_body(request), **_guardrail_config(request, streams=True)
            )
        except (ClientError, BotoCoreError) as error:
            raise model_error(error, request.model_id) from error
        connection = answer["connection"]
        try:
            yield from _pieces(stream_events(connection.stream(), "ConverseStream"), request.model_id)
        finally:
            connection.close()


def _guardrail_config(request: ChatRequest, *, streams: bool = False) -> dict[str, Any]:
    """The trace is asked for because it alone has the price (in units) and tells masked from blocked.
    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailStreamConfiguration.html"""
    guardrail = request.guardrail
    if guardrail is None:
        return {}
    config = {"guardrailIdentifier": guardrail.id, "guardrailVersion": guardrail.version, "trace": "enabled"}
    if streams:
        config["streamProcessingMode"] = guardrail.stream_mode
    return {"guardrailConfig": config}


def _pieces(events: Iterator[tuple[str, bytes]], model_id: str) -> Iterator[str | ChatReply]:
    arrived: list[str] = []
    stop_reason = ""
    usage: TokenUsage | None = None
    report: GuardrailReport | None = None
    try:
        for kind, payload in events:
            if kind == "contentBlockDelta":
                text = decode(payload)["delta"].get("text")
                if text:
                    arrived.append(text)
                    yield text
            elif kind == "messageStop":
                stop_reason = decode(payload)["stopReason"]
            elif kind == "metadata":
                metadata = decode(payload)
                usage = _usage(metadata["usage"])
                report = report_from_trace(metadata.get("trace"))
    except Exception as error:  # a broken connection surfaces as urllib3's, http.client's or OS errors
        if arrived:
            raise ModelStreamInterruptedError(f"the answer of {model_id} broke off") from error
        raise model_error(error, model_id) from error
    if usage is None or not stop_reason:  # a cut between two frames looks like an orderly end of the connection
        raise ModelStreamInterruptedError(f"the answer of {model_id} ended before its last event")
    yield ChatReply(text="".join(arrived), stop_reason=stop_reason, usage=usage, guardrail=report)


def _keep_connection(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """An event handler of botocore: the answer comes with the connection that its events are read from.
    https://docs.aws.amazon.com/boto3/latest/guide/events.html"""
    parsed["connection"] = http_response.raw


def _usage(usage: dict[str, int]) -> TokenUsage:
    return TokenUsage(
        input_tokens=usage["inputTokens"],
        output_tokens=usage["outputTokens"],
        cache_read_tokens=usage.get("cacheReadInputTokens", 0),
        cache_write_tokens=usage.get("cacheWriteInputTokens", 0),
    )
