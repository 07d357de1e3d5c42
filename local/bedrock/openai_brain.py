"""A brain behind any OpenAI-compatible server (Ollama, llama.cpp, vLLM): real generation, local embeddings."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from local.bedrock.brain import Finish, Prompt, Vectors
from local.bedrock.embedded import sentence_vectors
from local.bedrock.errors import BedrockError, ModelError, ServiceUnavailableError, ThrottlingError

TIMEOUT = 600.0  # seconds of silence
_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "content_filtered"}


class OpenAiBrain:
    """Maps prompts to `/v1/chat/completions`; token counts are the local approximation."""

    name = "openai"

    def __init__(self, *, url: str, model: str = "", api_key: str = "") -> None:
        """`url`: the server, with or without `/v1`; `model`: its name there, the first that it lists if empty."""
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"LOCAL_MODEL_URL={url!r}: an http(s) address is expected")
        self._address = parts
        self._base = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/v1") + "/v1"
        self._model = model
        self._api_key = api_key
        sentence_vectors.warm_up()

    @property
    def version(self) -> str:
        """The model's name on that server."""
        return self._model or "first listed model"

    @property
    def description(self) -> str:
        """What answers, and where."""
        return f"openai: {self.version} behind {self._address.scheme}://{self._address.netloc}{self._base}"

    def answer(self, prompt: Prompt, *, streamed: bool) -> Iterator[str | Finish]:
        """Pieces as the server sends them; raises `ServiceUnavailableError`, `ThrottlingError` or `ModelError`."""
        body = {**_request(prompt), "model": self._model_name(), "stream": streamed}
        response = self._send("POST", "/chat/completions", body)
        try:
            yield from _streamed(response) if streamed else _whole(response)
        except (OSError, http.client.HTTPException) as error:
            raise ModelError(f"The model server's answer broke off: {error}") from error
        finally:
            response.close()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The embedded brain's vectors: chat servers seldom embed as well."""
        return sentence_vectors.embed(texts)

    def count_tokens(self, text: str) -> int:
        """Tokens of Llama 2's vocabulary."""
        return sentence_vectors.count_tokens(text)

    def _model_name(self) -> str:
        if not self._model:
            with self._send("GET", "/models", None) as response:
                listed = _json(response.read()).get("data") or []
            if not listed:
                raise ServiceUnavailableError("The model server lists no model; set LOCAL_MODEL_NAME.")
            self._model = str(listed[0]["id"])
        return self._model

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> http.client.HTTPResponse:
        secure = self._address.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(str(self._address.hostname), self._address.port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        data = json.dumps(body).encode() if body is not None else None
        try:
            connection.request(method, self._base + path, body=data, headers=headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            where = f"{self._address.netloc}{self._base}"
            raise ServiceUnavailableError(f"Nothing answers behind LOCAL_MODEL_URL ({where}): {error}") from error
        if response.status != 200:
            raise _refusal(response)
        return response


def _request(prompt: Prompt) -> dict[str, Any]:
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    messages = [{"role": turn.role, "content": _text_of(turn.parts)} for turn in prompt.turns]
    optional = {
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
        "stop": list(prompt.stop_sequences) or None,
        "response_format": _response_format(prompt),
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"messages": [*system, *messages], **given}


def _text_of(parts: Sequence[Any]) -> str:
    """Documents inside tags, so that the model tells them from what is asked."""
    return "\n\n".join(f"<document>\n{part.text}\n</document>" if part.material else part.text for part in parts)


def _response_format(prompt: Prompt) -> dict[str, Any] | None:
    if prompt.schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(prompt.schema)}}


def _whole(response: http.client.HTTPResponse) -> Iterator[str | Finish]:
    choice = _first_choice(_json(response.read()))
    yield str((choice.get("message") or {}).get("content") or "")
    yield _finish(choice)


def _streamed(response: http.client.HTTPResponse) -> Iterator[str | Finish]:
    """Server-sent events until `[DONE]`; a stream that ends without a reason to stop has broken off."""
    finish: Finish | None = None
    for line in response:
        data = line.decode("utf-8", errors="replace").strip().removeprefix("data:").strip()
        if not line.startswith(b"data:") or not data:
            continue
        if data == "[DONE]":
            break
        event = _json(data.encode())
        if event.get("error"):
            raise ModelError(f"The model server reports: {event['error']}")
        if event.get("choices"):
            choice = _first_choice(event)
            piece = (choice.get("delta") or {}).get("content")
            if piece:
                yield str(piece)
            finish = _finish(choice) if choice.get("finish_reason") else finish
    if finish is None:
        raise ModelError("The model server's stream broke off.")
    yield finish


def _finish(choice: dict[str, Any]) -> Finish:
    return Finish(_REASONS.get(str(choice.get("finish_reason")), "end_turn"))


def _first_choice(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ModelError("The model server's answer holds no choice.")
    return choices[0]


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ModelError("The model server did not answer with JSON.")
    return value


def _refusal(response: http.client.HTTPResponse) -> BedrockError:
    """The server's own words, cut short, under the error that Bedrock would have."""
    detail = response.read(500).decode("utf-8", errors="replace")
    response.close()
    message = f"The model server answered {response.status}: {detail}"
    if response.status == 429:
        return ThrottlingError(message)
    return ServiceUnavailableError(message) if response.status >= 500 else ModelError(message)
