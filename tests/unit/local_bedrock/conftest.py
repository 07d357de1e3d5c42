from __future__ import annotations

import pytest

from local.bedrock.embedded.embedded_brain import EmbeddedBrain


@pytest.fixture(scope="session")
def brain() -> EmbeddedBrain:
    return EmbeddedBrain(piece_ms=0)
