"""One synthesized assembly for all tests of the templates, and one more in which every switch stands the other way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# jsii looks for node on PATH; the virtual environment has one
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"

from tests.infrastructure.assembly import Assembly, settings_with, synthesize

WEBHOOK = "https://hooks.example.com/quarry"
RERANK_MODEL = "cohere.rerank-v3-5:0"


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What cdk.json says."""
    return synthesize(tmp_path_factory.mktemp("cdk") / "out", settings_with())


@pytest.fixture(scope="session")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    """Everything else: data goes with the stacks, nothing streams, another policy, other packages, two origins, people
    and a program that are told, passages that are reranked."""
    guardrail = {**settings_with()["guardrail"], "words": ["unobtainium"]}
    origins = ["https://a.example.com", "https://b.example.com"]
    told = {"email": ["a@example.com", "b@example.com"], "webhook_url": WEBHOOK, "webhook_header": "X-Api-Key"}
    quarry = settings_with(
        retention="destroy",
        streaming="off",
        guardrail=guardrail,
        cors_origins=origins,
        summaries_notifications=told,
        rag={**settings_with()["rag"], "rerank_model": RERANK_MODEL, "rerank_score_floor": 0.05},
    )
    from stacks.components import dependency_layer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dependency_layer, "layer_fingerprint", lambda text: f"{len(text):064x}")
        yield synthesize(tmp_path_factory.mktemp("cdk") / "changed", quarry)
