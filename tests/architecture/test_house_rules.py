"""Sizes, names and the shape of the tree."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess

import pytest

from tests.architecture.source import ROOT, Module, modules

FOLDERS = tuple(name for name in ("lambdas", "stacks", "local", "ops", "benchmarks") if (ROOT / name).is_dir())
ALL = modules(*FOLDERS)
SILENT_NAMES = {"utils", "util", "helpers", "common", "constants", "manager", "processor", "base", "misc"}
TOP_LEVEL = {
    "app.py", "cdk.json", "stacks", "lambdas", "statemachines", "tests", "requirements.txt",
    "requirements-local.txt", "requirements-dev.txt", "catalog", "local", "ops", "benchmarks", "examples", "docs",
    "Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "pyproject.toml",
    ".ci", ".gitignore", ".github", "AGENTS.md",
}  # fmt: skip


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listing.stdout.splitlines()


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.path)
class TestEveryModule:
    def test_is_short(self, module: Module) -> None:
        assert module.lines <= 250

    def test_opens_with_one_sentence(self, module: Module) -> None:
        if module.text.strip():
            assert ast.get_docstring(module.tree), f"{module.path} says nothing about itself"

    def test_has_short_functions(self, module: Module) -> None:
        long = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in module.functions()}
        assert not {name: lines for name, lines in long.items() if lines > 30}

    def test_has_a_name_that_says_something(self, module: Module) -> None:
        assert module.path.rsplit("/", 1)[-1].removesuffix(".py") not in SILENT_NAMES

    def test_names_errors_as_errors(self, module: Module) -> None:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and any(
                ast.unparse(b).endswith(("Error", "Exception")) for b in node.bases
            ):
                assert node.name.endswith(("Error", "Exception")), f"{module.path}: {node.name}"


def test_modules_are_small_in_the_median() -> None:
    assert statistics.median(module.lines for module in ALL if module.text.strip()) <= 80


def test_the_top_level_holds_nothing_unexpected() -> None:
    assert {path.split("/", 1)[0] for path in tracked_files()} <= TOP_LEVEL


def test_generated_files_are_not_tracked() -> None:
    assert not [
        path for path in tracked_files() if re.search(r"(^|/)(cdk\.out|__pycache__|\.build|compiled\.json)(/|$)", path)
    ]


def test_one_handler_file_is_one_function() -> None:
    for module in modules("lambdas"):
        handlers = [
            node for node in module.tree.body
            if (isinstance(node, ast.FunctionDef) and node.name == "handler")
            or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "handler")
        ]  # fmt: skip
        expected = 1 if module.path.endswith("_handler.py") else 0
        assert len(handlers) == expected, f"{module.path}: {len(handlers)} handlers"


def test_nothing_happens_when_a_handler_is_imported() -> None:
    """Adapters are picked inside functions: no module-level call of a client factory or of load_settings."""
    for module in modules("lambdas"):
        for statement in module.tree.body:
            if isinstance(
                statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Import | ast.ImportFrom
            ):
                continue
            source = ast.unparse(statement)
            assert "load_settings(" not in source and "aws_clients." not in source, f"{module.path}: {source[:80]}"


def test_the_state_machines_are_json() -> None:
    for path in sorted((ROOT / "statemachines").glob("*.asl.json")):
        definition = json.loads(path.read_text(encoding="utf-8"))
        assert definition["Comment"] and definition["TimeoutSeconds"], path.name
        for name in definition["States"]:
            assert re.fullmatch(r"[A-Z][a-z' ]+(?: [a-z]+)*", name), f"{path.name}: {name!r} is no English phrase"


def test_no_text_names_a_private_workplace() -> None:
    forbidden = re.compile(r"/work/(main|shared)|\.\./shared|/tmp/q/")
    for path in tracked_files():
        file = ROOT / path
        if (
            file.suffix in {".py", ".md", ".toml", ".json", ".txt", ".yml", ""}
            and file.is_file()
            and "test_house_rules" not in path
        ):
            assert not forbidden.search(file.read_text(encoding="utf-8", errors="ignore")), path


def test_requirements_are_exact_and_say_their_hashes() -> None:
    pin = r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==[^=<>~ ]+( --hash=sha256:[0-9a-f]{64})+"
    for path in (*ROOT.glob("requirements*.txt"), *(ROOT / "stacks/layers").glob("*.txt")):
        text = re.sub(r" \\\n +", " ", path.read_text(encoding="utf-8"))
        for line in text.splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(pin, line), f"{path.name}: {line[:80]} (write its hashes with `make hashes`)"


def test_no_package_is_pinned_to_two_versions() -> None:
    seen: dict[str, str] = {}
    for path in (*ROOT.glob("requirements*.txt"), *(ROOT / "stacks/layers").glob("*.txt")):
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,-]+\])?==(\S+)", path.read_text(), re.MULTILINE):
            key = re.sub(r"[._-]+", "-", name.lower())
            assert seen.setdefault(key, version) == version, f"{path.name}: {name}"
