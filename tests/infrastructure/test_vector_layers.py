"""The layers of the functions that embed: complete, working without their test suites, and small enough together."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from stacks.components.layer_trimming import trim
from tests.infrastructure.assembly import ROOT

PACKAGES = sorted((ROOT / "lambdas/shared/services/vectors").glob("*.py"))
# What Lambda unpacks for one function, all layers together, is 250 MiB; the code itself needs next to nothing of it.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_BYTES = 230_000_000
CLUSTERS = """
import sys

class NoTestSuites:
    def find_spec(self, name, path=None, target=None):
        if ".tests" in name:
            raise ImportError(f"{name} is trimmed away")

sys.meta_path.insert(0, NoTestSuites())
from lambdas.shared.services.vectors.clusters import cluster
from lambdas.shared.services.vectors.nearness import nearest
print(cluster([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]] * 2, 2).labels)
"""


def pinned(*layers: str) -> set[str]:
    texts = [(ROOT / f"stacks/layers/{layer}.txt").read_text(encoding="utf-8") for layer in layers]
    return {name.lower() for text in texts for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def imported() -> set[str]:
    found = set()
    for path in PACKAGES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").split(".")[0])
    return found - set(sys.stdlib_module_names) - {"lambdas"}


def unpacked(name: str) -> int:
    """Bytes of an installed package as the layer has it: no test suites, and each module compiled beside itself (a
    compiled module is about as large as its source). This machine's build, which differs from Lambda's by a little."""
    total = 0
    for file in distribution(name).files or ():
        if {"tests", "__pycache__"} & set(file.parts) or file.parts[0] == ".." or file.suffix == ".pyi":
            continue
        path = file.locate()
        total += path.stat().st_size * (2 if file.suffix == ".py" else 1)  # type: ignore[attr-defined]
    return total


def test_what_is_imported_is_in_the_layers() -> None:
    owners = packages_distributions()
    assert {owners[name][0].lower() for name in imported()} <= pinned("vectors", "clustering")


def test_what_the_packages_need_is_there_too() -> None:
    for name in pinned("vectors", "clustering"):
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"python_version": "3.14", "extra": ""}):
                assert needed.name.lower() in pinned("vectors", "clustering"), f"{name} needs {needed}"


def test_no_package_is_in_two_layers_of_a_function() -> None:
    layers = [pinned(name) for name in ("core", "vectors", "clustering")]
    assert len(set.union(*layers)) == sum(map(len, layers))


def test_all_layers_of_the_function_that_clusters_can_be_unpacked() -> None:
    size = sum(map(unpacked, pinned("core", "vectors", "clustering")))
    botocore = unpacked("botocore")  # which is cut down to a tenth; test_layer_trimming.py measures it
    assert 150_000_000 < size - botocore < MOST_BYTES


def test_it_clusters_without_the_test_suites() -> None:
    result = subprocess.run([sys.executable, "-c", CLUSTERS], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "[0, 0, 1, 0, 0, 1]\n"


@pytest.mark.parametrize("package", ["numpy", "scipy/stats"])
def test_trimming_removes_test_suites(tmp_path: Path, package: str) -> None:
    folder = tmp_path / package
    for name in ("tests/data", "testing"):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.py").write_text("")
    trim(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["testing"]
