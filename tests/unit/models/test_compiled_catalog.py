"""Compiling the catalogue: what is wrong is named in one line, what is right is written once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stacks.compiled_catalog import CatalogError, compile_catalog

GOOD = """
[sources]
list = "a price list"

[[models]]
id = "acme.small-v1:0"
provider = "Acme"
kind = "chat"
on_demand = true
context_tokens = 1_000
lifecycle = { status = "active", eol = 2027-01-31 }
prices = { as_of = 2026-11-21, source = "list", input = 0.10, long_context = { over_tokens = 9, input = 2.5 }}
profiles.us = { price_ratio = 1.10, regions = ["us-east-1"] }
[models.capabilities]
sampling = ["temperature"]
top_k_field = "top_k"
"""


def compiled(tmp_path: Path, text: str) -> Path:
    (tmp_path / "catalog").mkdir(exist_ok=True)
    (tmp_path / "catalog" / "models.toml").write_text(text, encoding="utf-8")
    return compile_catalog(tmp_path)


def test_numbers_keep_their_exact_text_and_dates_become_text(tmp_path: Path) -> None:
    path = compiled(tmp_path, GOOD)
    assert path == tmp_path / "catalog" / "compiled.json"
    (model,) = json.loads(path.read_text())["models"]
    assert model["prices"] == {
        "as_of": "2026-11-21",
        "source": "list",
        "input": "0.10",
        "long_context": {"over_tokens": 9, "input": "2.5"},
    }
    assert model["lifecycle"] == {"status": "active", "eol": "2027-01-31"}
    assert model["profiles"] == {"us": {"price_ratio": "1.10", "regions": ["us-east-1"]}}


def test_an_unchanged_catalogue_is_not_written_again(tmp_path: Path) -> None:
    path = compiled(tmp_path, GOOD)
    before = path.stat().st_mtime_ns
    assert compiled(tmp_path, GOOD + "\n# a comment\n").stat().st_mtime_ns == before
    compiled(tmp_path, GOOD.replace("0.10", "0.20"))
    assert '"0.20"' in path.read_text()


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    head, _, model = GOOD.partition("[[models]]")
    other = "[[models]]" + model.replace("acme.small", "acme.large")
    one = compiled(tmp_path, head + "[[models]]" + model + other).read_text()
    assert compiled(tmp_path, head + other + "[[models]]" + model).read_text() == one


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('id = "acme.small-v1:0"', "", "model number 1 has no id"),
        ('provider = "Acme"', "", "acme.small-v1:0: provider: missing"),
        ('kind = "chat"', 'kind = "image"', "acme.small-v1:0: kind: must be one of chat, embedding, rerank"),
        ("on_demand = true", 'on_demand = "yes"', "acme.small-v1:0: on_demand: must be true or false"),
        ("context_tokens = 1_000", "context_tokens = 1.5", "context_tokens: must be a whole number above 0"),
        ("context_tokens = 1_000", "context_token = 1_000", "acme.small-v1:0: context_token: unknown key"),
        ("input = 0.10", "input = -0.10", "acme.small-v1:0: prices.input: must not be negative"),
        ("input = 0.10", "input = inf", "prices.input: must not be negative"),
        ("input = 0.10", "input = nan", "prices.input: must not be negative"),
        ("input = 0.10", 'input = "0.10"', "prices.input: must be a number"),
        ("input = 2.5", "inputs = 2.5", "prices.long_context.inputs: unknown key"),
        ("over_tokens = 9, ", "", "prices.long_context.over_tokens: missing"),
        ("as_of = 2026-11-21", 'as_of = "2026-11-21"', "prices.as_of: must be a date such as 2026-11-21"),
        ("as_of = 2026-11-21", "as_of = 2026-11-21T10:00:00", "prices.as_of: must be a date"),
        ("as_of = 2026-11-21", "as_of = 2026-13-21", "models.toml: "),
        ('source = "list"', 'source = "rumour"', "prices.source: 'rumour' is not listed"),
        ("price_ratio = 1.10", "price_ratio = 0.0", "profiles.us.price_ratio: must be above 0"),
        ("price_ratio = 1.10, ", "", "profiles.us.price_ratio: missing"),
        ('["temperature"]', '["temperatur"]', "capabilities.sampling: must be one of temperature, top_p"),
        ('["temperature"]', '"temperature"', "capabilities.sampling: must be a list"),
        ('top_k_field = "top_k"', "top_k = true", "capabilities.top_k: unknown key"),
        ('lifecycle = { status = "active", eol = 2027-01-31 }', "lifecycle = 3", "lifecycle: must be a table"),
        ("[sources]", "[source]", "unknown table 'source'"),
        ("[[models]]", "[[models]", "models.toml: "),
    ],
)
def test_a_mistake_is_named_by_model_and_key(tmp_path: Path, good: str, bad: str, says: str) -> None:
    assert good in GOOD
    with pytest.raises(CatalogError) as raised:
        compiled(tmp_path, GOOD.replace(good, bad))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_model_given_twice_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"acme\.small-v1:0: id: given twice"):
        compiled(tmp_path, GOOD + "[[models]]" + GOOD.partition("[[models]]")[2])
