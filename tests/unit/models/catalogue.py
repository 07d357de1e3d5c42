"""The project's own catalogue, compiled as synth does it, into a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lambdas.shared.adapters.json_model_catalog import load_cards
from stacks.compiled_catalog import compile_catalog

ROOT = Path(__file__).parents[3]


_FOLDER = tempfile.TemporaryDirectory()  # removed when the tests end


def _compiled() -> Path:
    folder = Path(_FOLDER.name)
    (folder / "catalog").mkdir()
    shutil.copy(ROOT / "catalog" / "models.toml", folder / "catalog")
    return compile_catalog(folder)


COMPILED = _compiled()
CARDS = load_cards(COMPILED)
