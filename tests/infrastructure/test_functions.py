"""Functions and their packages: names, environment, contents."""

from __future__ import annotations

import ast
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from stacks.components import built_asset
from stacks.components.bytecode import BuildError, compile_tree, compiler_for_lambda
from stacks.components.dependency_layer import layer_fingerprint
from stacks.components.function_files import copy_files, fingerprint, function_files
from stacks.components.python_function import PythonFunction, construct_name
from tests.infrastructure.assembly import CONTEXT, ROOT, Assembly

HANDLERS = sorted(
    path.relative_to(ROOT / "lambdas").as_posix().removesuffix("_handler.py")
    for path in (ROOT / "lambdas").glob("*/*_handler.py")
)
# They read, ask, assess and store; the last one plans all of that.
HEAVY = {"bulk/prepare_documents", "bulk/collect_shard", "bulk/sweep_part", "bulk_runs/start", "rag/answer"}
# Set by the construct that makes routes, read by the runtime and not by a handler.
PLATFORM = {"CORS_ORIGINS", "AWS_LAMBDA_EXEC_WRAPPER"}


def settings_fields(handler: str) -> set[str]:
    """The fields of the module's class `Settings`, in upper case, without importing it."""
    return {field.upper() for field in class_fields(ROOT / f"lambdas/{handler}_handler.py", "Settings")}


def class_fields(file: Path, name: str) -> set[str]:
    """With those of a base class, which is imported from a module of the project."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    fields = {node.target.id for node in found.body if isinstance(node, ast.AnnAssign)}  # type: ignore[union-attr]
    for base in found.bases:
        (module,) = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)
                     for imported in node.names if imported.name == base.id]  # type: ignore[attr-defined]  # fmt: skip
        fields |= class_fields(ROOT / f"{str(module).replace('.', '/')}.py", base.id)  # type: ignore[attr-defined]
    return fields


def test_one_handler_file_is_one_function(assembly: Assembly) -> None:
    assert sorted(assembly.functions()) == HANDLERS


def test_names_derive_from_the_handlers_path(assembly: Assembly) -> None:
    assert construct_name("chat/turn") == "ChatTurn"
    for handler, function in assembly.functions().items():
        assert function.path == construct_name(handler)
        assert function.properties["Handler"] == f"lambdas.{handler.replace('/', '.')}_handler.handler"


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_environment_is_exactly_the_handlers_settings(assembly: Assembly, changed: Assembly, handler: str) -> None:
    for each in (assembly, changed):
        assert set(each.environment(handler)) - PLATFORM == settings_fields(handler)
        assert all(value != "" for value in each.environment(handler).values())


def test_functions_run_on_the_pinned_platform(assembly: Assembly) -> None:
    for function in assembly.functions().values():
        assert function.properties["Runtime"] == "python3.14"
        assert function.properties["Architectures"] == ["arm64"]
        assert function.properties["MemorySize"] >= 512
    timeouts = {handler: each.properties["Timeout"] for handler, each in assembly.functions().items()}
    assert (timeouts["chat/turn"], timeouts["summaries/infer"]) == (300, 600)


LAYERS = {
    **dict.fromkeys(("summaries/prepare", "bulk_runs/start", "bulk/prepare_documents"), ("DocumentsLayer",)),
    "embeddings/embed": ("VectorsLayer",),
    "embeddings/cluster": ("VectorsLayer", "ClusteringLayer"),
}


def test_only_functions_that_need_more_packages_have_their_layer(assembly: Assembly) -> None:
    for handler, function in assembly.functions().items():
        layers = [layer["Ref"].rstrip("0123456789ABCDEF") for layer in function.properties["Layers"]]
        assert sorted(layers) == sorted(["CoreLayer", *LAYERS.get(handler, ())]), handler


def test_local_runs_take_the_code_from_the_source_tree(assembly: Assembly) -> None:
    import json

    for stack in ("Quarry-Api", "Quarry-Summaries"):
        files = json.loads((assembly.folder / f"{stack}.assets.json").read_text())["files"]
        sources = {entry["source"]["path"] for entry in files.values() if entry["source"]["packaging"] == "zip"}
        assert sources == {str(ROOT), str(ROOT / "stacks/layers")}


class TestFunctionPackage:
    @pytest.mark.parametrize("handler", HANDLERS)
    def test_it_holds_the_handler_and_no_other_capability(self, handler: str) -> None:
        files = {path.as_posix() for path in function_files(ROOT, handler)}
        capability = handler.split("/", maxsplit=1)[0]
        assert f"lambdas/{handler}_handler.py" in files and "catalog/compiled.json" in files
        assert {name.split("/")[1] for name in files if name.startswith("lambdas/")} == {
            "__init__.py",
            capability,
            "shared",
        }
        assert not [name for name in files if "__pycache__" in name or name.endswith((".pyc", ".toml"))]

    def test_it_holds_the_streaming_loop_and_its_wrapper(self) -> None:
        files = {path.as_posix() for path in function_files(ROOT, "chat/turn")}
        assert {f"lambdas/shared/runtime/{name}" for name in ("runtime_api.py", "stream_bootstrap")} <= files

    def test_it_holds_no_module_that_the_handler_does_not_import(self) -> None:
        files = {path.as_posix() for path in function_files(ROOT, "access/authorize")}
        assert "lambdas/shared/services/authorize_client.py" in files
        assert not [name for name in files if "chat_turn" in name or "bedrock" in name]

    @pytest.mark.parametrize("handler", HANDLERS)
    def test_it_is_small(self, tmp_path: Path, handler: str) -> None:
        """As Lambda gets it, zipped and with the compiled modules. Nobody waits for a bulk run's heaviest steps; a
        question to the documents needs what a chat and a collection need."""
        copy_files(ROOT, function_files(ROOT, handler), tmp_path / "asset")
        compile_tree(tmp_path / "asset", python=Path(sys.executable), deployed_as="/var/task")
        packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "asset")
        assert Path(packed).stat().st_size <= (500_000 if handler in HEAVY else 320_000)

    @pytest.mark.parametrize("handler", HANDLERS)
    def test_it_can_be_imported_with_nothing_else_of_the_project(self, tmp_path: Path, handler: str) -> None:
        copy_files(ROOT, function_files(ROOT, handler), tmp_path)
        # all of it, so that what is imported only on first use is there too
        modules = [path.with_suffix("").as_posix().replace("/", ".") for path in function_files(ROOT, handler)
                   if path.suffix == ".py"]  # fmt: skip
        environ = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        result = subprocess.run(
            [sys.executable, "-c", f"import {', '.join(modules)}"],
            cwd=tmp_path, env=environ, capture_output=True, text=True,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr

    def test_a_missing_handler_stops_the_synth(self) -> None:
        with pytest.raises(BuildError, match=r"lambdas/chat/sing_handler\.py does not exist"):
            function_files(ROOT, "chat/sing")

    def test_its_fingerprint_follows_content_and_execute_bit_but_not_time(self, tmp_path: Path) -> None:
        file = tmp_path / "wrapper"
        file.write_text("#!/bin/sh\n")
        file.chmod(0o644)
        first = fingerprint(tmp_path, (Path("wrapper"),))
        os.utime(file, (1, 1))
        assert fingerprint(tmp_path, (Path("wrapper"),)) == first
        file.chmod(0o755)
        executable = fingerprint(tmp_path, (Path("wrapper"),))
        file.write_text("#!/bin/sh\nexec\n")
        assert len({first, executable, fingerprint(tmp_path, (Path("wrapper"),))}) == 3

    def test_a_bundled_asset_has_handler_execute_bit_and_bytecode(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(built_asset, "compiler_for_lambda", lambda root: Path(sys.executable))
        monkeypatch.setattr(built_asset, "BUILT", tmp_path / "built")
        app = cdk.App(context={**CONTEXT, "aws:cdk:bundling-stacks": ["**"]}, outdir=str(tmp_path / "out"))
        stack = cdk.Stack(app, "Stack")
        PythonFunction(
            stack,
            handler="documents/read",
            layers=[],
            memory_mb=512,
            timeout_seconds=29,
            environment={},
            log_retention_days=30,
        )
        app.synth()
        (asset,) = [path for path in (tmp_path / "out").glob("asset.*") if path.is_dir()]
        assert (asset / "lambdas/documents/read_handler.py").is_file()
        bootstrap = asset / "lambdas/shared/runtime/stream_bootstrap"
        assert bootstrap.stat().st_mode & 0o111 == 0o111
        for source in asset.rglob("*.py"):
            (compiled,) = (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")
            assert is_unchecked(compiled), compiled


def is_unchecked(compiled: Path) -> bool:
    """PEP 552: bit 0 says that the file is checked by hash, bit 1 that the source is looked at."""
    (flags,) = struct.unpack("<I", compiled.read_bytes()[4:8])
    return bool(flags & 0b01) and not flags & 0b10


class TestBytecode:
    def test_modules_are_compiled_unchecked_and_name_their_place_in_lambda(self, tmp_path: Path) -> None:
        (tmp_path / "module.py").write_text("def where():\n    return where.__code__.co_filename\n")
        compile_tree(tmp_path, python=Path(sys.executable), deployed_as="/var/task")
        (compiled,) = tmp_path.rglob("*.pyc")
        assert is_unchecked(compiled)
        assert b"/var/task/module.py" in compiled.read_bytes()

    def test_a_module_that_does_not_compile_stops_the_build(self, tmp_path: Path) -> None:
        (tmp_path / "module.py").write_text("def (:\n")
        with pytest.raises(BuildError, match="could not compile"):
            compile_tree(tmp_path, python=Path(sys.executable), deployed_as="/var/task")

    def test_without_a_compiler_a_deploy_stops_with_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from stacks.components import bytecode

        monkeypatch.setattr(bytecode, "_candidates", lambda root: iter([tmp_path / "python"]))
        monkeypatch.setattr(bytecode, "_fetch", lambda root: tmp_path / "python")
        with pytest.raises(BuildError, match=r"no Python 3\.14 .* ALLOW_SLOW_START=1") as caught:
            compiler_for_lambda(tmp_path, {})
        assert "\n" not in str(caught.value)
        assert compiler_for_lambda(tmp_path, {"ALLOW_SLOW_START": "1"}) is None

    def test_a_shim_that_does_not_run_is_no_compiler(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from stacks.components import bytecode

        shim = tmp_path / "python3.14"
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
        monkeypatch.setattr(bytecode, "_candidates", lambda root: iter([shim]))
        assert compiler_for_lambda(tmp_path, {"ALLOW_SLOW_START": "1"}) is None


class TestLayer:
    def test_its_fingerprint_follows_the_pins_alone(self) -> None:
        first = layer_fingerprint("# why\nboto3==1.0\nsix==1.1\n")
        assert layer_fingerprint("six==1.1\n\nboto3==1.0\n") == first
        assert layer_fingerprint("boto3==1.0\nsix==1.2\n") != first
