"""Chooses what answers, by the environment."""

from __future__ import annotations

from collections.abc import Mapping

from local.bedrock.brain import Brain
from local.bedrock.embedded.embedded_brain import PIECE_MS, EmbeddedBrain
from local.bedrock.obedient.obedient_brain import ObedientBrain
from local.bedrock.ollama_offer import OLLAMA_URL
from local.bedrock.openai_brain import OpenAiBrain

BRAINS = ("embedded", "openai", "obedient")


def choose_brain(environ: Mapping[str, str]) -> Brain:
    """The brain that `LOCAL_BRAIN` names; else the model behind `LOCAL_MODEL_URL` (`ollama` stands for the one of
    this machine) if that is set, else the embedded brain.

    `LOCAL_MODEL_NAME` and `LOCAL_MODEL_KEY` go to that server; `LOCAL_MODEL_FIRST_TOKEN_MS` and
    `LOCAL_MODEL_PIECE_MS` pace the others. Raises `ValueError` for times that are no numbers and unknown brains.
    """
    url = environ.get("LOCAL_MODEL_URL", "").strip()
    name = environ.get("LOCAL_BRAIN", "").strip().lower() or ("openai" if url else "embedded")
    if name not in BRAINS:
        raise ValueError(f"LOCAL_BRAIN={name!r}: one of {', '.join(BRAINS)} is expected")
    if name == "openai":
        if not url:
            raise ValueError("LOCAL_BRAIN=openai: LOCAL_MODEL_URL must say where the model is, e.g. ollama")
        return OpenAiBrain(
            url=OLLAMA_URL if url.lower() == "ollama" else url,
            model=environ.get("LOCAL_MODEL_NAME", ""),
            api_key=environ.get("LOCAL_MODEL_KEY", ""),
        )
    embedded = EmbeddedBrain(
        first_token_ms=_milliseconds(environ, "LOCAL_MODEL_FIRST_TOKEN_MS", 0.0),
        piece_ms=_milliseconds(environ, "LOCAL_MODEL_PIECE_MS", PIECE_MS),
    )
    return ObedientBrain(embedded) if name == "obedient" else embedded


def _milliseconds(environ: Mapping[str, str], name: str, default: float) -> float:
    written = environ.get(name, "").strip()
    try:
        value = float(written) if written else default
    except ValueError:
        value = -1.0
    if not 0 <= value <= 600_000:
        raise ValueError(f"{name}={written!r}: milliseconds from 0 to 600000 are expected")
    return value
