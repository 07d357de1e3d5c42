"""What is known of models: by id, profile and ARN, with and without a catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.bedrock.model_directory import WELL_KNOWN, ModelDirectory, foundation_model_id


@pytest.mark.parametrize(
    "name",
    [
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    ],
)
def test_all_names_of_a_model_lead_to_it(name: str) -> None:
    assert foundation_model_id(name) == "anthropic.claude-haiku-4-5-20251001-v1:0"


def test_a_missing_or_broken_catalogue_leaves_the_well_known_models(tmp_path: Path) -> None:
    broken = tmp_path / "models.toml"
    broken.write_text("[[[", encoding="utf-8")
    for path in (None, tmp_path / "absent.toml", broken):
        assert [model.model_id for model in ModelDirectory.read(path)] == list(WELL_KNOWN)


def test_what_the_catalogue_does_not_say_is_accepted(tmp_path: Path) -> None:
    catalog = tmp_path / "models.toml"
    catalog.write_text(
        '[[models]]\nid = "x.strict"\nmax_output_tokens = 10\n[models.capabilities]\nsampling = []\nprefill = false\n'
        '[[models]]\nid = "x.plain"\n',
        encoding="utf-8",
    )
    models = ModelDirectory.read(catalog)
    strict, plain, unknown = models.find("us.x.strict"), models.find("x.plain"), models.find("y.unknown")
    assert not strict.takes("temperature")
    assert strict.refuses("prefill")
    assert strict.max_output_tokens == 10
    for model in (plain, unknown):
        assert model.takes("temperature")
        assert not model.refuses("prefill")
        assert model.max_output_tokens is None
