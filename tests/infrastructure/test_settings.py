"""Settings: what is wrong in cdk.json is said in one line that names the key and the remedy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stacks.setting_rules import SettingsError
from stacks.settings import DeploymentSettings, cdk_context
from tests.infrastructure.assembly import ROOT, app_with, settings_with


def read(quarry: Any, folder: Path) -> DeploymentSettings:
    return DeploymentSettings.from_context(app_with(folder, quarry))


def without(name: str) -> dict[str, Any]:
    quarry = settings_with()
    del quarry[name]
    return quarry


def within(*path: str, value: Any) -> dict[str, Any]:
    quarry = settings_with()
    place = quarry
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return quarry


def may_embed(model: str) -> dict[str, Any]:
    return within("embedding_models", "allowed", value=[model])


def reranks(model: str) -> dict[str, Any]:
    return within("rag", "rerank_model", value=model)


def test_the_shipped_settings_are_valid_and_frozen(tmp_path: Path) -> None:
    settings = read(settings_with(), tmp_path)
    assert (settings.name, settings.retention, settings.streaming) == ("Quarry", "keep", "on")
    assert settings.models.aliases.fast.endswith("amazon.nova-lite-v1:0")
    with pytest.raises(AttributeError):
        settings.name = "Other"  # type: ignore[misc]


def test_the_defaults_need_no_form_and_no_marketplace(tmp_path: Path) -> None:
    aliases = read(settings_with(), tmp_path).models.aliases
    assert ".amazon.nova-" in f".{aliases.fast}" and ".amazon.nova-" in f".{aliases.balanced}"


@pytest.mark.parametrize(
    ("quarry", "key", "remedy"),
    [
        (without("retention"), "quarry.retention", "is missing"),
        (settings_with(retention="kep"), "quarry.retention", 'is "kep"; use one of: "keep", "destroy"'),
        (settings_with(streaming=True), "quarry.streaming", 'is true; use one of: "on", "off"'),
        (settings_with(regoin="x"), "quarry.regoin", "is not a setting; remove it, or use one of: name,"),
        (settings_with(name="1 bad"), "quarry.name", "use 1 to 40 letters"),
        (settings_with(throttle=5), "quarry.throttle", "must be an object"),
        (within("throttle", "rate", value="many"), "quarry.throttle.rate", "use a whole number from 1"),
        (within("throttle", "burst", value=0), "quarry.throttle.burst", "it must be from 1"),
        (settings_with(history_tokens=True), "quarry.history_tokens", "use a whole number"),
        (settings_with(history_tokens=10.5), "quarry.history_tokens", "use a whole number"),
        (settings_with(log_retention_days=31), "quarry.log_retention_days", "use one of: 1, 3, 5,"),
        (settings_with(summaries_max_concurrency=1), "quarry.summaries_max_concurrency", "from 2 to 1000"),
        (settings_with(cors_origins="*"), "quarry.cors_origins", "use a list"),
        (settings_with(cors_origins=["ftp://x"]), "quarry.cors_origins[0]", "use an origin like"),
        (settings_with(cors_origins=["*", "https://a.b"]), "quarry.cors_origins", 'mixes "*" with other origins'),
        (within("models", "aliases", "fast", value=""), "quarry.models.aliases.fast", "use a Bedrock model id"),
        (within("models", "allowed", value=["a.b", "a.b"]), "quarry.models.allowed[1]", "repeats"),
        (
            within("embedding_models", "default", value=""),
            "quarry.embedding_models.default",
            "use a Bedrock model id",
        ),
        (within("rag", "score_floor", value=2), "quarry.rag.score_floor", "use a number from 0 to 1"),
        (within("rag", "score_floor", value=True), "quarry.rag.score_floor", "use a number from 0 to 1"),
        (within("rag", "model", value="cheap"), "quarry.rag.model", "use fast, balanced, best or"),
        (
            within("rag", "rerank_model", value="on!"),
            "quarry.rag.rerank_model",
            'use "off", or the id of a rerank model',
        ),
        (within("rag", "rerank_score_floor", value=2), "quarry.rag.rerank_score_floor", "use a number from 0 to 1"),
        (settings_with(summary_model="cheap"), "quarry.summary_model", "use fast, balanced, best or"),
        (within("guardrail", "filters", value={"HATE": "high"}), "quarry.guardrail.filters.HATE", '"HIGH"'),
        (within("guardrail", "pii", value={"SHOE_SIZE": "BLOCK"}), "quarry.guardrail.pii.SHOE_SIZE", "use one of"),
        (within("guardrail", "denied_topics", value=[{"name": "x"}]), "denied_topics[0].definition", "is missing"),
        (within("summaries_notifications", "email", value=["nobody"]), "email[0]", "use an e-mail address"),
        (within("summaries_notifications", "webhook_url", value="http://a.example"), "webhook_url", "https://"),
        (within("summaries_notifications", "webhook_header", value="a: b"), "webhook_header", "name of an HTTP header"),
        ("keep", "quarry", "must be an object"),
        (None, "context.quarry", "is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_setting_gets_one_clear_line(tmp_path: Path, quarry: Any, key: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(quarry, tmp_path)
    message = str(caught.value)
    assert message.startswith("cdk.json: ") and key in message and remedy in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ("us.amazon.nova-lyte-v1:0", "which catalog/models.toml does not have"),
        ("amazon.nova-2-lite-v1:0", "only called through a profile; use one of:"),
        ("jp.amazon.nova-lite-v1:0", "but the model has only the profiles:"),
        ("amazon.titan-embed-text-v2:0", "a model for embedding"),
    ],
)
def test_a_model_that_cannot_be_called_stops_the_synth(tmp_path: Path, model: str, remedy: str) -> None:
    from stacks.compiled_catalog import compile_catalog
    from stacks.model_choice import check_models

    settings = read(within("models", "aliases", "fast", value=model), tmp_path)
    with pytest.raises(SettingsError, match=r"quarry\.models\.aliases\.fast") as caught:
        check_models(settings, compile_catalog(ROOT))
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("quarry", "key", "remedy"),
    [
        (may_embed("amazon.nova-lite-v1:0"), "embedding_models.allowed[0]", "a model for chat; name one for embedding"),
        (may_embed("amazon.titan-embed-image-v1"), "embedding_models.allowed[0]", "has no embedding_format"),
        (may_embed("eu.cohere.embed-v4:0"), "embedding_models.allowed[0]", "has only the profiles: global, us"),
        (reranks("amazon.rerank-v9:0"), "rag.rerank_model", "which catalog/models.toml does not have"),
        (reranks("amazon.nova-lite-v1:0"), "rag.rerank_model", "a model for chat; name one for rerank"),
        (reranks("us.cohere.rerank-v3-5:0"), "rag.rerank_model", "has only the profiles: none"),
    ],
)
def test_a_model_for_something_else_stops_the_synth(
    tmp_path: Path, quarry: dict[str, Any], key: str, remedy: str
) -> None:
    from stacks.compiled_catalog import compile_catalog
    from stacks.model_choice import check_models

    settings = read(quarry, tmp_path)
    with pytest.raises(SettingsError) as caught:
        check_models(settings, compile_catalog(ROOT))
    assert str(caught.value).startswith(f"cdk.json: quarry.{key} ") and remedy in str(caught.value)


def test_the_app_ends_with_that_line_and_nothing_else(tmp_path: Path) -> None:
    context = json.dumps({"quarry": settings_with(retention="kep")})
    environ = {**os.environ, "CDK_CONTEXT_JSON": context, "CDK_OUTDIR": str(tmp_path)}
    result = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == 'error: cdk.json: quarry.retention is "kep"; use one of: "keep", "destroy"\n'
    assert result.stdout == ""


def test_a_damaged_cdk_json_gets_one_line_too(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{")
    with pytest.raises(SettingsError, match="cannot be read as a CDK configuration"):
        cdk_context(tmp_path)


def test_the_app_itself_is_short() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= 50
