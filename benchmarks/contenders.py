"""What is compared: bare boto3, Powertools with pydantic, and our chat. Nothing is imported before it is asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_EVENT = Path(__file__).parents[1] / "tests/events/rest_proxy.json"
MODEL = "amazon.nova-lite-v1:0"
PROMPT = "Summarize: " + "lorem ipsum dolor sit amet " * 20
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]
CONVERSATION = "conv_01arz3ndektsv4rrffq69g5fav"
CHAT = {"message": PROMPT, "model": "fast", "parameters": {"max_tokens": 256}}

Call = Callable[[], Any]
Stream = Callable[[], int]


class Context:
    """What handlers use of Lambda's context object."""

    aws_request_id = "request"
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"

    def __init__(self, *, streams_response: bool = False) -> None:
        self.streams_response = streams_response

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def chat_event(resource: str, **more: str) -> dict[str, Any]:
    """What API Gateway sends after the authorizer; `more` are further fields of the body."""
    event: dict[str, Any] = json.loads(_EVENT.read_text(encoding="utf-8"))
    event |= {"httpMethod": "POST", "resource": resource, "path": resource, "pathParameters": None}
    event |= {"queryStringParameters": None, "multiValueQueryStringParameters": None}
    event["requestContext"]["authorizer"] |= {"tenant": "acme", "client": "shop", "scopes": "chat"}
    event["body"] = json.dumps({**CHAT, **more})
    return event


def bare() -> tuple[Call, Stream]:
    """boto3 and nothing else."""
    import boto3

    client = boto3.client("bedrock-runtime")
    boto3.client("dynamodb")
    return bare_calls(client)


def bare_calls(client: Any) -> tuple[Call, Stream]:
    def call() -> Any:
        answer = client.converse(modelId=MODEL, messages=MESSAGES, inferenceConfig={"maxTokens": 256})
        return answer["output"]["message"]["content"][0]["text"]

    def stream() -> int:
        begin, first = time.perf_counter_ns(), 0
        events = client.converse_stream(modelId=MODEL, messages=MESSAGES, inferenceConfig={"maxTokens": 256})["stream"]
        for event in events:
            if not first and "contentBlockDelta" in event:
                first = time.perf_counter_ns() - begin
        return first

    return call, stream


def powertools() -> tuple[Call, None]:
    """AWS Lambda Powertools as its documentation shows it: resolver with validation, Logger, Metrics. It cannot
    stream."""
    import boto3
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver

    logger, metrics = Logger(service="chat"), Metrics(namespace="Bench", service="chat")
    app = APIGatewayRestResolver(enable_validation=True)
    client = boto3.client("bedrock-runtime")
    boto3.client("dynamodb")
    body_model, answer_model = pydantic_models()

    def chat(body: Any) -> Any:
        logger.info("chat", extra={"characters": len(body.message)})
        metrics.add_metric(name="Chat", unit="Count", value=1)
        messages = [{"role": "user", "content": [{"text": body.message}]}]
        limit = {"maxTokens": body.parameters.max_tokens}
        answer = client.converse(modelId=MODEL, messages=messages, inferenceConfig=limit)
        return answer_model(text=answer["output"]["message"]["content"][0]["text"], usage=answer["usage"])

    chat.__annotations__ = {"body": body_model, "return": answer_model}  # this module's annotations are text
    app.post("/chat")(chat)
    handler = logger.inject_lambda_context(metrics.log_metrics(app.resolve))
    event = chat_event("/chat")
    return lambda: checked(handler(event, Context())), None


def pydantic_models() -> tuple[Any, Any]:
    """The body and the answer of POST /chat."""
    from pydantic import BaseModel, Field

    class Parameters(BaseModel):
        max_tokens: int | None = Field(None, ge=1, le=100_000)
        temperature: float | None = Field(None, ge=0, le=1)

    class Body(BaseModel):
        message: str = Field(min_length=1)
        model: str
        parameters: Parameters

    class Answer(BaseModel):
        text: str
        usage: dict[str, int]

    Body.model_rebuild(_types_namespace={"Parameters": Parameters})
    return Body, Answer


def quarry() -> tuple[Call, Stream]:
    """POST /chat and POST /chat/stream, started as in Lambda."""
    from lambdas.shared.runtime.runtime_api import load_handler

    handler: Callable[[dict[str, Any], Any], Any] = load_handler("lambdas.chat.turn_handler.handler")

    streamed = chat_event("/chat/stream")

    def stream() -> int:
        begin, first = time.perf_counter_ns(), 0
        for piece in handler(streamed, Context(streams_response=True)):
            if not first and b"event: delta" in piece:
                first = time.perf_counter_ns() - begin
        return first

    event = chat_event("/chat", conversation_id=CONVERSATION)
    return lambda: checked(handler(event, Context())), stream


def checked(answer: dict[str, Any]) -> Any:
    if answer["statusCode"] != 200:
        raise SystemExit(f"answered {answer['statusCode']}: {answer['body']}")
    return answer["body"]


def without_tables() -> None:
    """Answer the chat's DynamoDB calls at once and inside the process, so that its own overhead shows."""
    from lambdas.chat import turn_handler

    tables = OneConversation(turn_handler.dynamodb())
    vars(turn_handler)["dynamodb"] = lambda: tables
    turn_handler.build_service.cache_clear()


class OneConversation:
    """A DynamoDB client that knows one conversation of two messages, and whose writes succeed. A first turn would
    write its header beside the model's call, five milliseconds after it began: no time at all for a model, but a long
    one for a stub."""

    def __init__(self, client: Any) -> None:
        self.exceptions, self.meta = client.exceptions, client.meta
        then = {"created_at": {"S": "2026-01-01T00:00:00.000Z"}, "updated_at": {"S": "2026-01-01T00:00:00.000Z"}}
        header = {"sk": {"S": f"conversation#{CONVERSATION}"}, "title": {"S": "Title"}, "message_count": {"N": "2"}}
        texts = [("message#00000001", "assistant", "It is."), ("message#00000000", "user", "Is it?")]
        items = [{"sk": {"S": sk}, "role": {"S": role}, "text": {"S": text}, **then} for sk, role, text in texts]
        self._answers: dict[str, Any] = {"update_item": {"Attributes": {**header, **then}}, "query": {"Items": items}}

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        return lambda **_: self._answers.get(operation, {})


def same_call(call: Call, client: Any) -> Call:
    """The request that `call` sends, by `client`. It is a stream, read to its end: POST /chat asks for one too, so
    that a long answer meets no read timeout."""
    from lambdas.chat import turn_handler

    seen: list[dict[str, Any]] = []
    events = turn_handler.bedrock_runtime(attempts=3, read_timeout_seconds=60).meta.events
    events.register("before-parameter-build.bedrock-runtime", notice := lambda params, **_: seen.append(dict(params)))
    call()
    events.unregister("before-parameter-build.bedrock-runtime", notice)

    def same() -> str:
        stream = client.converse_stream(**seen[0])["stream"]
        return "".join(event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event)

    return same


VARIANTS: dict[str, Callable[[], tuple[Call, Stream | None]]] = {
    "bare": bare,
    "powertools": powertools,
    "quarry": quarry,
}
