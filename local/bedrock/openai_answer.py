"""Reads what `/v1/chat/completions` answers, whole or as server-sent events, into a brain's pieces."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

from local.bedrock.brain import Finish, Piece, ToolInput, ToolStart
from local.bedrock.errors import ModelError

_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "content_filtered",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
}


def whole_answer(response: HTTPResponse) -> Iterator[Piece]:
    """Text, tool calls, and why it stopped."""
    choice = _first_choice(read_object(response.read()))
    message = choice.get("message") or {}
    yield str(message.get("content") or "")
    calls = message.get("tool_calls") or []
    for call in calls:
        function = call.get("function") or {}
        yield _start(call)
        yield ToolInput(_arguments(function.get("arguments")))
    yield _finish(choice, called=bool(calls))


def streamed_answer(response: HTTPResponse) -> Iterator[Piece]:
    """Events until `[DONE]`; a stream that ends without a reason to stop has broken off."""
    finish: Finish | None = None
    calls = _StreamedCalls()
    for event in _events(response):
        if event.get("error"):
            raise ModelError(f"The model server reports: {event['error']}")
        if event.get("choices"):
            choice = _first_choice(event)
            delta = choice.get("delta") or {}
            # Converse's blocks come one after another: text that follows a call has no place any more.
            if delta.get("content") and not calls.begun:
                yield str(delta["content"])
            yield from calls.read(delta.get("tool_calls") or [])
            finish = _finish(choice, called=calls.begun) if choice.get("finish_reason") else finish
    if finish is None:
        raise ModelError("The model server's stream broke off.")
    yield from calls.rest()
    yield finish


class _StreamedCalls:
    """Tool calls in pieces. Those of the first call pass at once; of others, whose pieces may be mixed with them, each
    is kept until the first one is whole."""

    def __init__(self) -> None:
        self._order: list[Any] = []
        self._kept: dict[Any, list[Piece]] = {}

    @property
    def begun(self) -> bool:
        return bool(self._order)

    def read(self, pieces: list[dict[str, Any]]) -> Iterator[Piece]:
        for piece in pieces:
            place = piece.get("index", piece.get("id"))
            function = piece.get("function") or {}
            found: list[Piece] = []
            if place not in self._kept:
                self._order.append(place)
                self._kept[place] = []
                found.append(_start(piece))
            if function.get("arguments"):
                found.append(ToolInput(_arguments(function["arguments"])))
            if place == self._order[0]:
                yield from found
            else:
                self._kept[place] += found

    def rest(self) -> Iterator[Piece]:
        for place in self._order[1:]:
            yield from self._kept[place]


def _events(response: HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in response:
        data = line.decode("utf-8", errors="replace").strip().removeprefix("data:").strip()
        if not line.startswith(b"data:") or not data:
            continue
        if data == "[DONE]":
            return
        yield read_object(data.encode())


def _start(call: dict[str, Any]) -> ToolStart:
    """Converse's ids have at most 64 characters of `[a-zA-Z0-9_-]`; those of other servers may be missing."""
    given = "".join(each for each in str(call.get("id") or "") if each.isascii() and (each.isalnum() or each in "_-"))
    name = str((call.get("function") or {}).get("name") or "")
    if not name:
        raise ModelError("The model server's tool call has no name.")
    return ToolStart(given[:64] or f"tooluse_{uuid.uuid4().hex[:22]}", name)


def _arguments(value: Any) -> str:
    """A text of JSON; some servers (older Ollamas) send the object itself."""
    return value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)


def _finish(choice: dict[str, Any], *, called: bool) -> Finish:
    """Some servers say `stop` after a tool call."""
    reason = _REASONS.get(str(choice.get("finish_reason")), "end_turn")
    return Finish("tool_use" if called and reason == "end_turn" else reason)


def _first_choice(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ModelError("The model server's answer holds no choice.")
    return choices[0]


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object; raises `ModelError` for anything else."""
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ModelError("The model server did not answer with JSON.")
    return value
