"""An instant Bedrock and DynamoDB for measurements: `python benchmarks/stub_server.py` prints the port it listens on.

It keeps nothing and checks nothing, so that what is measured is the caller: Converse and ConverseStream give a fixed
answer, with a citation where the request has passages; Retrieve finds the same eight of them, ApplyGuardrail has
nothing against anything, and every DynamoDB table is empty. Nothing but the standard library, on one asyncio protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import binascii
import json
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Any

PIECE = "Hello from the stub. "
PIECES = 8
_USAGE = {"inputTokens": 12, "outputTokens": 40, "totalTokens": 52}
_METRICS = {"latencyMs": 1}
# What is found in documents, and what a model says of it: with the citation that POST /rag asks for.
PASSAGE = "The mill was completed in the autumn of 1803 and sold in 1850. " * 8
CITED = ("The mill was", " completed in 1803.", ' [1: "completed in the', ' autumn of 1803"]')
PASSAGES = 8


def event_message(name: str, payload: dict[str, Any]) -> bytes:
    """One message of `application/vnd.amazon.eventstream`.
    https://smithy.io/2.0/aws/amazon-eventstream.html"""
    headers = b"".join(
        bytes((len(key),)) + key + b"\x07" + struct.pack(">H", len(value)) + value
        for key, value in (
            (b":event-type", name.encode()),
            (b":content-type", b"application/json"),
            (b":message-type", b"event"),
        )
    )
    body = _json(payload)
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + body
    return message + struct.pack(">I", binascii.crc32(message))


def stream_messages(pieces: Sequence[str]) -> Iterator[bytes]:
    """What ConverseStream sends, in its order."""
    yield event_message("messageStart", {"role": "assistant"})
    for piece in pieces:
        yield event_message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}})
    yield event_message("contentBlockStop", {"contentBlockIndex": 0})
    yield event_message("messageStop", {"stopReason": "end_turn"})
    yield event_message("metadata", {"metrics": _METRICS, "usage": _USAGE})


def converse_answer(pieces: Sequence[str]) -> dict[str, Any]:
    """What Converse sends."""
    message = {"role": "assistant", "content": [{"text": "".join(pieces)}]}
    return {"metrics": _METRICS, "output": {"message": message}, "stopReason": "end_turn", "usage": _USAGE}


def retrieve_answer() -> dict[str, Any]:
    """What Retrieve of a Knowledge Base sends."""
    location = {"type": "CUSTOM", "customDocumentLocation": {"id": "doc_1"}}
    metadata = {"tenant": "acme", "x-amz-bedrock-kb-chunk-id": "c1", "year": 1803}
    result = {"content": {"text": PASSAGE, "type": "TEXT"}, "location": location, "metadata": metadata, "score": 0.8}
    return {"retrievalResults": [result] * PASSAGES}


def guardrail_answer() -> dict[str, Any]:
    """What ApplyGuardrail sends of a text that it has nothing against."""
    units = ("topic", "content", "word", "sensitiveInformation", "contextualGrounding")
    usage = {f"{name}PolicyUnits": 1 for name in units} | {"sensitiveInformationPolicyFreeUnits": 0}
    return {"usage": usage, "action": "NONE", "outputs": [], "assessments": [{}]}


def dynamodb_answer(operation: bytes) -> dict[str, Any]:
    """What an empty table answers; writes succeed."""
    return {"Items": [], "Count": 0, "ScannedCount": 0} if operation in (b"Query", b"Scan") else {}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _http(body: bytes, *, status: bytes = b"200 OK", kind: bytes = b"application/json", more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nx-amzn-RequestId: stub\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, kind, more, len(body)) + body


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


_PIECES = (PIECE,) * PIECES
_CONVERSE, _CITED = (_http(_json(converse_answer(pieces))) for pieces in (_PIECES, CITED))
_RETRIEVE, _GUARDRAIL = _http(_json(retrieve_answer())), _http(_json(guardrail_answer()))
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
    b"x-amzn-RequestId: stub\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_CHUNKS, _CITED_CHUNKS = ([_chunk(each) for each in stream_messages(pieces)] for pieces in (_PIECES, CITED))
_TARGET = b"\r\nx-amz-target: dynamodb_20120810."


class Connection(asyncio.Protocol):
    """One keep-alive connection; a request is answered as soon as its body is there."""

    def __init__(self, first_token_seconds: float) -> None:
        self._first_token_seconds = first_token_seconds
        self._received = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            _, found, rest = head.partition(b"\r\ncontent-length:")
            size = end + 4 + (int(rest.split(b"\r\n", 1)[0]) if found else 0)
            if len(self._received) < size:
                return
            name = self._received[:end].split(b" ", 2)[1]
            body, self._received = self._received[end:size], self._received[size:]
            self._answer(name, head, body)

    def _answer(self, path: bytes, head: bytes, body: bytes) -> None:
        cites = b"<passages" in body
        if path.endswith(b"/converse"):
            self._later([_CITED if cites else _CONVERSE])
        elif path.endswith(b"/converse-stream"):
            self._later([_STREAM_HEAD, *(_CITED_CHUNKS if cites else _CHUNKS), b"0\r\n\r\n"])
        elif path.endswith(b"/retrieve"):
            self._transport.write(_RETRIEVE)
        elif path.endswith(b"/apply"):
            self._transport.write(_GUARDRAIL)
        elif (at := head.find(_TARGET)) >= 0:
            operation = head[at + len(_TARGET) :].split(b"\r\n", 1)[0]
            body = _json(dynamodb_answer(operation.title()))
            crc = b"x-amz-crc32: %d\r\n" % binascii.crc32(body)
            self._transport.write(_http(body, kind=b"application/x-amz-json-1.0", more=crc))
        else:
            self._transport.write(_http(b"{}", status=b"404 Not Found"))

    def _later(self, pieces: list[bytes]) -> None:
        if not self._first_token_seconds:
            self._transport.write(b"".join(pieces))
            return
        task = asyncio.get_running_loop().create_task(self._wait_and_write(pieces))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wait_and_write(self, pieces: list[bytes]) -> None:
        await asyncio.sleep(self._first_token_seconds)
        for piece in pieces:
            self._transport.write(piece)
            await asyncio.sleep(0)


async def serve(port: int, first_token_ms: float) -> None:
    """Listen on 127.0.0.1 until the process ends; port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(first_token_ms / 1000), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--first-token-ms", type=float, default=0)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.first_token_ms))


if __name__ == "__main__":
    main()
