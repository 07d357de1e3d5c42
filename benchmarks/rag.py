"""What POST /rag adds to its Bedrock calls, and when its first token comes; `python -m benchmarks.rag`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONVERSATION, Context, OneConversation
from benchmarks.function_environment import function_environment
from benchmarks.host_twin import ROOT
from benchmarks.measuring import middle, percentile, stub, table

HANDLER = "lambdas.rag.answer_handler.handler"
FIRST_TOKEN_MS = 50
QUESTION = "When was the mill completed?"
_EVENT = ROOT / "tests/events/rest_proxy.json"
_KEYS = ("modelId", "knowledgeBaseId", "guardrailIdentifier")

Call = Callable[[], Any]


class FreshConversation(OneConversation):
    """One that has no message yet: its first question is searched as it stands."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._answers["update_item"]["Attributes"]["message_count"] = {"N": "0"}


class Bench:
    """The handler, started as in Lambda with its tables inside the process, and bare boto3 clients beside it."""

    def __init__(self, url: str) -> None:
        os.environ.update(_settings(url))
        import boto3

        from lambdas.shared.adapters import aws_clients
        from lambdas.shared.runtime.runtime_api import load_handler

        self._whole_event = _event("/rag")
        tables = FreshConversation(aws_clients.dynamodb())
        vars(aws_clients)["dynamodb"] = lambda: tables
        self._handler: Callable[[dict[str, Any], Any], Any] = load_handler(HANDLER)
        self._bare = {name: boto3.client(name) for name in ("bedrock-runtime", "bedrock-agent-runtime")}
        self._ours = (
            aws_clients.bedrock_runtime(attempts=3, read_timeout_seconds=60),
            aws_clients.bedrock_agent_runtime(attempts=3, read_timeout_seconds=60),
        )

    def whole(self) -> None:
        """POST /rag."""
        answer = self._handler(self._whole_event, Context())
        if answer["statusCode"] != 200 or '"grounding_check":"passed"' not in answer["body"]:
            raise SystemExit(f"answered {answer['statusCode']}: {answer['body'][:500]}")

    def first_token(self) -> int:
        """POST /rag/stream: nanoseconds to its first delta; the rest is read after the clock."""
        begin, first = time.perf_counter_ns(), 0
        for piece in self._handler(_event("/rag/stream"), Context(streams_response=True)):
            if not first and b"event: delta" in piece:
                first = time.perf_counter_ns() - begin
        return first

    def requests(self, ours: Call) -> list[tuple[str, str, dict[str, Any]]]:
        """Service, operation and parameters of what `ours` sends to Bedrock."""
        seen: list[tuple[str, str, dict[str, Any]]] = []

        def notice(params: dict[str, Any], model: Any, **_: Any) -> None:
            seen.append((model.service_model.endpoint_prefix, model.name, dict(params)))

        for client in self._ours:
            client.meta.events.register("before-parameter-build.*", notice)
        ours()
        for client in self._ours:
            client.meta.events.unregister("before-parameter-build.*", notice)
        return seen

    def bare(self, requests: list[tuple[str, str, dict[str, Any]]]) -> int:
        """The same requests by boto3's own clients, one after the other; nanoseconds to the first delta of a stream."""
        begin, first = time.perf_counter_ns(), 0
        for service, operation, params in requests:
            answer = self._send(service, operation, params)
            for event in answer.get("stream", ()):
                if not first and "contentBlockDelta" in event:
                    first = time.perf_counter_ns() - begin
        return first

    def _send(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        client = self._bare[service]
        methods = {theirs: ours for ours, theirs in client.meta.method_to_api_mapping.items()}
        return getattr(client, methods[operation])(**params)


def overhead(rounds: int) -> str:
    """POST /rag on an instant Bedrock: Retrieve, Converse, ApplyGuardrail and nothing else over the network."""
    with stub() as url:
        bench = Bench(url)
        requests = bench.requests(bench.whole)
        ours, bare = [], []
        for number in range(rounds * 25):
            pair = (timed(lambda: bench.bare(requests)), timed(bench.whole))
            if number >= 50:
                bare.append(pair[0])
                ours.append(pair[1])
        calls = ", ".join(operation for _, operation, _ in requests)
        row = [f"{middle(ours) - middle(bare):+.0f}", f"{middle(ours) / middle(bare):.2f}x", f"{middle(ours):.0f}"]
        row += [f"{middle(bare):.0f}", f"{percentile(ours, 0.99):.0f}"]
    head = ["overhead p50 us", "ratio", "p50 us", f"bare boto3's {calls}", "p99 us"]
    return f"{len(ours)} questions, each after the same calls by bare boto3.\n\n{table(head, [row])}"


def first_token(rounds: int) -> str:
    """POST /rag/stream with a model that waits, against Retrieve and ConverseStream by bare boto3."""
    with stub(first_token_ms=FIRST_TOKEN_MS) as url:
        bench = Bench(url)
        requests = bench.requests(bench.first_token)[:2]
        pairs = [(bench.bare(requests), bench.first_token()) for _ in range(rounds * 5)][5:]
    bare, ours = (middle([pair[at] / 1000 for pair in pairs]) for at in (0, 1))
    rows = [[f"{ours / bare:.3f}x", f"{ours / 1000:.1f}", f"{bare / 1000:.1f}"]]
    head = ["first token", "median ms", "bare boto3's Retrieve and first token"]
    return f"{len(pairs)} streams, a model that waits {FIRST_TOKEN_MS} ms; guardrail mode async.\n\n{table(head, rows)}"


def timed(work: Call) -> float:
    """Microseconds."""
    begin = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - begin) / 1000


def _event(resource: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(_EVENT_TEXT)
    event |= {"httpMethod": "POST", "resource": resource, "path": resource, "pathParameters": None}
    event |= {"queryStringParameters": None, "multiValueQueryStringParameters": None}
    event["requestContext"]["authorizer"] |= {"tenant": "acme", "client": "shop", "scopes": "rag"}
    event["body"] = json.dumps({"question": QUESTION, "conversation_id": CONVERSATION, "model": "fast"})
    return event


_EVENT_TEXT = Path(_EVENT).read_text(encoding="utf-8")


def _settings(url: str) -> dict[str, str]:
    return {
        **function_environment(ROOT, HANDLER),
        "KNOWLEDGE_BASE_ID": "BENCH12345",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        # in mode sync the guardrail holds back each piece until it has seen it, at Bedrock's end
        "GUARDRAIL_STREAM_MODE": "async",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("what", choices=("overhead", "first-token"))
    arguments = parser.parse_args()
    logs, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: PTH123, SIM115 - log lines are written, but nowhere
    result = (overhead if arguments.what == "overhead" else first_token)(arguments.rounds)
    print(result, file=logs)


if __name__ == "__main__":
    main()
