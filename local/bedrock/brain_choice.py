"""Chooses what answers, by the environment."""

from __future__ import annotations

from collections.abc import Mapping

from local.bedrock.brain import Brain
from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.bedrock.openai_brain import OpenAiBrain


def choose_brain(environ: Mapping[str, str]) -> Brain:
    """The model behind `LOCAL_MODEL_URL` if that is set, else the embedded brain.

    `LOCAL_MODEL_NAME` and `LOCAL_MODEL_KEY` go to that server; `LOCAL_MODEL_FIRST_TOKEN_MS` and
    `LOCAL_MODEL_PIECE_MS` pace the embedded brain. Raises `ValueError` for times that are no numbers.
    """
    url = environ.get("LOCAL_MODEL_URL", "").strip()
    if url:
        return OpenAiBrain(
            url=url, model=environ.get("LOCAL_MODEL_NAME", ""), api_key=environ.get("LOCAL_MODEL_KEY", "")
        )
    return EmbeddedBrain(
        first_token_ms=_milliseconds(environ, "LOCAL_MODEL_FIRST_TOKEN_MS", 0.0),
        piece_ms=_milliseconds(environ, "LOCAL_MODEL_PIECE_MS", 2.0),
    )


def _milliseconds(environ: Mapping[str, str], name: str, default: float) -> float:
    written = environ.get(name, "").strip()
    try:
        value = float(written) if written else default
    except ValueError:
        value = -1.0
    if not 0 <= value <= 600_000:
        raise ValueError(f"{name}={written!r}: milliseconds from 0 to 600000 are expected")
    return value
