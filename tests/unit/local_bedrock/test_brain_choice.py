"""What answers is chosen by the environment."""

from __future__ import annotations

import pytest

from local.bedrock import choose_brain


def test_the_embedded_brain_is_the_default() -> None:
    brain = choose_brain({})
    assert brain.name == "embedded"
    assert "no language model" in brain.description


def test_a_model_url_brings_a_real_model() -> None:
    brain = choose_brain({"LOCAL_MODEL_URL": "http://127.0.0.1:11434", "LOCAL_MODEL_NAME": "qwen3"})
    assert (brain.name, brain.version) == ("openai", "qwen3")
    assert brain.description == "openai: qwen3 behind http://127.0.0.1:11434/v1"


def test_the_ollama_of_this_machine_has_a_name_of_its_own() -> None:
    brain = choose_brain({"LOCAL_MODEL_URL": "ollama", "LOCAL_MODEL_NAME": "qwen3"})
    assert brain.description == "openai: qwen3 behind http://127.0.0.1:11434/v1"


def test_a_named_brain_goes_before_a_model_url() -> None:
    assert choose_brain({"LOCAL_BRAIN": "obedient", "LOCAL_MODEL_URL": "ollama"}).name == "obedient"
    assert choose_brain({"LOCAL_BRAIN": "Embedded", "LOCAL_MODEL_URL": "ollama"}).name == "embedded"


@pytest.mark.parametrize(
    "environ",
    [
        {"LOCAL_MODEL_URL": "ftp://x"},
        {"LOCAL_BRAIN": "clever"},
        {"LOCAL_BRAIN": "openai"},
        {"LOCAL_MODEL_PIECE_MS": "fast"},
        {"LOCAL_MODEL_FIRST_TOKEN_MS": "-1"},
    ],
)
def test_bad_settings_are_named(environ: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(environ))):
        choose_brain(environ)
