"""A small HTTP client for the demo: what an app developer would write with the standard library."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """The API answered with a problem; the message is its title and detail."""


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Speaks to Quarry's API with one key."""

    url: str
    key: str

    def get(self, path: str) -> Any:
        with self._open("GET", path, None) as answer:
            return json.load(answer)

    def post(self, path: str, body: object) -> Any:
        with self._open("POST", path, body) as answer:
            return json.load(answer)

    def events(self, path: str, body: object) -> Iterator[tuple[str, Any]]:
        """Server-sent events as (name, data), each as soon as it has arrived."""
        name = "message"
        with self._open("POST", path, body) as answer:
            for raw in answer:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    yield name, json.loads(line[5:])

    def _open(self, method: str, path: str, body: object) -> Any:
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        try:
            return urllib.request.urlopen(request, timeout=60)  # noqa: S310
        except urllib.error.HTTPError as error:
            problem = json.loads(error.read() or b"{}")
            raise ApiError(f"{error.code} {problem.get('title')}: {problem.get('detail')}") from error
