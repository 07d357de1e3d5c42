"""Resolving names: aliases, ids, profiles and ARNs; what cannot be used is told apart, with the remedy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.errors import UnknownModelError
from lambdas.shared.domain.model_card import InferenceProfile
from lambdas.shared.domain.model_catalog import ModelCatalog
from tests.fakes.models import model_card, small_catalog
from tests.unit.models.catalogue import COMPILED

PREFIXES = ("us", "eu", "global", "apac", "jp", "au", "us-gov")
EVERYWHERE = model_card("acme.wide-v1:0", profiles={prefix: InferenceProfile(Decimal("1.1")) for prefix in PREFIXES})
PROFILE_ONLY = model_card("acme.new-v1:0", on_demand=False)
CATALOG = ModelCatalog(
    [model_card(), EVERYWHERE, PROFILE_ONLY, model_card("acme.costly-v1:0")],
    aliases={"fast": "acme.small-v1:0", "best": "global.acme.new-v1:0", "broken": "acme.gone-v1:0"},
    allowed=["acme.wide-v1:0", *EVERYWHERE.profile_ids],
)


def test_an_alias_stands_for_its_target() -> None:
    assert CATALOG.resolve("fast").model_id == "acme.small-v1:0"
    best = CATALOG.resolve("best")
    assert (best.model_id, best.card.id, best.price_ratio) == ("global.acme.new-v1:0", "acme.new-v1:0", 1)


def test_what_an_alias_points_at_is_allowed_by_its_own_name() -> None:
    assert CATALOG.resolve("global.acme.new-v1:0") == CATALOG.resolve("best")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_profile_is_its_model_at_another_price(prefix: str) -> None:
    resolved = CATALOG.resolve(f"{prefix}.acme.wide-v1:0")
    assert resolved.model_id == f"{prefix}.acme.wide-v1:0"
    assert resolved.card is EVERYWHERE
    assert resolved.price_ratio == Decimal("1.1")
    assert CATALOG.resolve("acme.wide-v1:0").price_ratio == 1


@pytest.mark.parametrize(
    ("arn", "model_id"),
    [
        ("arn:aws:bedrock:us-east-1::foundation-model/acme.wide-v1:0", "acme.wide-v1:0"),
        ("arn:aws:bedrock:::foundation-model/acme.wide-v1:0", "acme.wide-v1:0"),
        ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.acme.wide-v1:0", "eu.acme.wide-v1:0"),
        (
            "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.acme.wide-v1:0",
            "us-gov.acme.wide-v1:0",
        ),
    ],
)
def test_an_arn_is_the_id_at_its_end(arn: str, model_id: str) -> None:
    assert CATALOG.resolve(arn).model_id == model_id


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gpt-17", r"unknown model 'gpt-17': it is neither an alias nor in catalog/models.toml\."),
        ("", r"unknown model ''"),
        ("x" * 5_000, r"unknown model 'x{100}\.\.\.'"),
        ("us.acme.gone-v1:0", "neither an alias"),
        ("ca.acme.small-v1:0", "has these profiles of acme.small-v1:0: us.acme.small-v1:0, global.acme.small-v1:0"),
        ("broken", "points at 'acme.gone-v1:0', which is not in catalog/models.toml"),
        ("acme.costly-v1:0", "known but not allowed in this deployment; add 'acme.costly-v1:0'"),
        ("us.acme.small-v1:0", "known but not allowed.*add 'us.acme.small-v1:0'"),
        ("acme.new-v1:0", "only be called through an inference profile: use global.acme.new-v1:0"),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", "application-inference-profile"),
        ("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc", "provisioned-model"),
        ("arn:aws:bedrock:us-east-1::foundation-model/acme.new-v1:0", "through an inference profile"),
    ],
)
def test_what_cannot_be_used_says_why_and_what_can(name: str, says: str) -> None:
    with pytest.raises(UnknownModelError, match=says) as raised:
        CATALOG.resolve(name)
    assert "Aliases: best, broken, fast." in str(raised.value)


def test_a_model_that_needs_a_profile_names_them_all_when_none_is_allowed() -> None:
    catalog = small_catalog(model_card(), PROFILE_ONLY, aliases={"fast": "acme.small-v1:0"})
    with pytest.raises(UnknownModelError, match=r"use us\.acme\.new-v1:0, global\.acme\.new-v1:0"):
        catalog.resolve("acme.new-v1:0")


def test_the_setting_joins_the_compiled_catalogue() -> None:
    setting = '{"aliases": {"fast": "amazon.nova-micro-v1:0"}, "allowed": ["us.amazon.nova-pro-v1:0"]}'
    catalog = load_catalog(setting, COMPILED)
    assert catalog.resolve("fast").card.provider == "Amazon"
    assert catalog.resolve("us.amazon.nova-pro-v1:0").card.context_tokens == 300_000
    assert catalog is load_catalog(setting, COMPILED)


def test_a_malformed_setting_and_a_missing_file_are_told() -> None:
    with pytest.raises(msgspec.ValidationError):
        load_catalog('{"alias": {}}', COMPILED)
    with pytest.raises(FileNotFoundError, match="synthesizing"):
        load_catalog("{}", Path("/nowhere/compiled.json"))
