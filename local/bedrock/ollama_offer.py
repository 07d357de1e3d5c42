"""Offers an Ollama that runs on this machine; it is used only when its person says so."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping

OLLAMA_PORT = 11434
OLLAMA_URL = f"http://127.0.0.1:{OLLAMA_PORT}"
PATIENCE = 0.05  # seconds for the connection and again for the answer: a start must not wait for what is not there


def ollama_offer(environ: Mapping[str, str], *, port: int = OLLAMA_PORT) -> str | None:
    """One line for the console, or None: when a brain was chosen already, or when none listens."""
    if environ.get("LOCAL_MODEL_URL", "").strip() or environ.get("LOCAL_BRAIN", "").strip():
        return None
    models = _listed_models(port)
    if models is None:
        return None
    which = f" with {models[0]}" if models else ", which has no model yet (ollama pull ...)"
    return f"an Ollama listens on 127.0.0.1:{port}{which}; it answers after: export LOCAL_MODEL_URL=ollama"


def _listed_models(port: int) -> list[str] | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/api/tags")
        response = connection.getresponse()
        listed = json.loads(response.read(1_000_000)) if response.status == 200 else None
        return [str(each["name"]) for each in listed["models"]] if listed else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
