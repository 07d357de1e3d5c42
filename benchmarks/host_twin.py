"""What Lambda gets, built for this machine's Python: the trimmed core layer and the function's own asset, compiled."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from stacks.compiled_catalog import compile_catalog
from stacks.components.bytecode import compile_tree
from stacks.components.dependency_layer import build_layer, layer_fingerprint
from stacks.components.function_files import copy_files, fingerprint, function_files

ROOT = Path(__file__).resolve().parents[1]
_TWINS = ROOT / ".build/host"


@dataclass(frozen=True)
class HostTwin:
    """`layer` and `task` go on sys.path, as /opt/python and /var/task do in Lambda."""

    layer: Path
    task: Path


def host_twin(handler: str = "chat/turn") -> HostTwin:
    """Build both, unless they are there already."""
    compile_catalog(ROOT)
    return HostTwin(layer=host_layer() / "python", task=host_task(handler))


def host_layer() -> Path:
    """The core layer for this machine."""
    requirements = ROOT / "stacks/layers/core.txt"
    folder = _TWINS / f"layer-{_short(layer_fingerprint(requirements.read_text(encoding='utf-8')))}"
    if not folder.is_dir():
        with _Scratch(folder) as scratch:
            build_layer(requirements, scratch, for_this_machine=True)
            compile_tree(scratch, python=Path(sys.executable), deployed_as="/opt")
    return folder


def host_task(handler: str) -> Path:
    """The asset of one function for this machine."""
    files = function_files(ROOT, handler)
    folder = _TWINS / f"{handler.replace('/', '-')}-{_short(fingerprint(ROOT, files))}"
    if not folder.is_dir():
        with _Scratch(folder) as scratch:
            copy_files(ROOT, files, scratch)
            compile_tree(scratch, python=Path(sys.executable), deployed_as="/var/task")
    return folder


class _Scratch:
    """A folder that takes its final name only when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scratch = folder.with_name(f"{folder.name}.part")

    def __enter__(self) -> Path:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        return self._scratch

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            self._scratch.rename(self._folder)


def _short(fingerprint: str) -> str:
    return hashlib.sha256(f"{fingerprint} {sys.version}".encode()).hexdigest()[:16]
