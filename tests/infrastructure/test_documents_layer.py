"""The documents layer: what the readers import is in it, it works when it is trimmed, and it stays small."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lambdas.shared.domain.document_limits import READING_MEMORY_BYTES, READING_SECONDS
from stacks.components.layer_trimming import trim
from tests.infrastructure.assembly import ROOT, Assembly

READERS = sorted((ROOT / "lambdas/shared/adapters/text_readers").glob("*.py"))
PINNED = set(re.findall(r"^([a-z-]+)==", (ROOT / "stacks/layers/documents.txt").read_text(), re.MULTILINE))
IMPORTED = {
    name.split(".")[0]
    for path in READERS
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    for name in (
        [alias.name for alias in node.names] if isinstance(node, ast.Import)
        else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    )
} - sys.stdlib_module_names - {"lambdas"}  # fmt: skip
# Reads the examples with the layer in front of the virtual environment, and says where its packages came from.
READ_ALL = """
import sys, warnings
from pathlib import Path
from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction
from lambdas.shared.adapters.text_readers.reading import read_into
from lambdas.shared.domain.errors import UnreadableDocumentError
for path in sorted(Path(sys.argv[1]).rglob("*.*")):
    try:
        read_into(Extraction(Budget()), path.read_bytes(), path.name)
    except UnreadableDocumentError as error:
        assert error.code == "needs_ocr", (path, error)
import cryptography, olefile
for name in ("charset_normalizer", "cryptography", "lxml", "olefile", "pypdf"):
    print(name, sys.modules[name].__file__)
"""


def test_every_package_that_the_readers_import_is_in_the_layer() -> None:
    owners = packages_distributions()
    assert {"charset_normalizer", "lxml", "olefile", "pypdf"} == IMPORTED
    assert {owners[name][0] for name in IMPORTED} <= PINNED


def test_what_the_packages_need_is_in_the_layer_too() -> None:
    for name in PINNED:
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"python_version": "3.14", "extra": ""}):
                assert needed.name.lower().replace("_", "-") in PINNED, f"{name} needs {needed}"


def test_the_trimmed_layer_reads_every_example(tmp_path: Path) -> None:
    layer = tmp_path / "python"
    for name in ("charset_normalizer", "cryptography", "lxml", "olefile", "pypdf"):
        (found,) = importlib.util.find_spec(name).submodule_search_locations  # type: ignore[union-attr]
        shutil.copytree(found, layer / name, ignore=shutil.ignore_patterns("__pycache__"))
    trim(layer)
    result = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(ROOT / "examples/mixed")],
        env={"PYTHONPATH": f"{layer}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, cwd="/",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    origins = dict(line.split(" ", 1) for line in result.stdout.splitlines())
    assert all(origin.startswith(str(layer)) for origin in origins.values()), origins
    unpacked = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())
    assert unpacked < 60_000_000  # with the core layer far below Lambda's 250 MB


@pytest.mark.parametrize("what", ["Timeout", "MemorySize"])
def test_the_function_that_reads_outlives_the_process_that_does(assembly: Assembly, what: str) -> None:
    (prepare,) = (function for function in assembly.of("AWS::Lambda::Function") if function.path == "SummariesPrepare")
    spare = {"Timeout": READING_SECONDS + 45, "MemorySize": READING_MEMORY_BYTES // 1024**2 + 500}
    assert prepare.properties[what] >= spare[what]
