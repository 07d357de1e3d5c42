"""A brain behind any OpenAI-compatible server (Ollama, llama.cpp, vLLM): real generation, local embeddings."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from local.bedrock.brain import Piece, Prompt, Vectors
from local.bedrock.embedded import sentence_vectors
from local.bedrock.errors import BedrockError, ModelError, ServiceUnavailableError, ThrottlingError
from local.bedrock.openai_answer import read_object, streamed_answer, whole_answer
from local.bedrock.openai_request import chat_request

TIMEOUT = 600.0  # seconds of silence


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

    def answer(self, prompt: Prompt, *, streamed: bool) -> Iterator[Piece]:
        """Pieces as the server sends them; raises `ServiceUnavailableError`, `ThrottlingError` or `ModelError`."""
        body = {**chat_request(prompt), "model": self._model_name(), "stream": streamed}
        response = self._send("POST", "/chat/completions", body)
        try:
            yield from streamed_answer(response) if streamed else whole_answer(response)
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
                listed = read_object(response.read()).get("data") or []
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


def _refusal(response: http.client.HTTPResponse) -> BedrockError:
    """The server's own words, cut short, under the error that Bedrock would have."""
    detail = response.read(500).decode("utf-8", errors="replace")
    response.close()
    message = f"The model server answered {response.status}: {detail}"
    if response.status == 429:
        return ThrottlingError(message)
    return ServiceUnavailableError(message) if response.status >= 500 else ModelError(message)
