"""Which files a function's own asset holds: its handler, the modules that this imports, the compiled catalog."""

from __future__ import annotations

import ast
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from stacks.components.bytecode import LAMBDA_PYTHON, BuildError

_LEFT_OUT = {"__pycache__", ".DS_Store", ".mypy_cache", ".ruff_cache"}
# Nothing imports it: the wrapper beside it starts it as a program.
_LOOP = Path("lambdas/shared/runtime/runtime_api.py")

# What a capability answers with and does not keep in its own folder.
_ALSO = {"reference": ("docs/openapi.json",)}


def handler_file(handler: str) -> str:
    """`chat/turn` -> `lambdas/chat/turn_handler.py`, relative to the project."""
    return f"lambdas/{handler}_handler.py"


def function_files(root: Path, handler: str) -> tuple[Path, ...]:
    """Paths relative to `root`, sorted; raises BuildError if the handler itself is not among them.

    Of the modules only those that the handler imports, directly or not: an asset stays small, and changes only if
    something changes that runs in it; and of the prompts those whose versions these modules name. Other files of the
    capability and of `shared` are all in it.
    """
    capability = handler.split("/", maxsplit=1)[0]
    parts = (
        "lambdas/__init__.py",
        f"lambdas/{capability}",
        "lambdas/shared",
        "catalog/compiled.json",
        *_ALSO.get(capability, ()),
    )
    files = {path for part in parts for path in _files(root, root / part)}
    if Path(handler_file(handler)) not in files:
        raise BuildError(f"{handler_file(handler)} does not exist, but a stack makes a function of it")
    modules = {file for file in files if file.suffix == ".py"}
    started = {Path(handler_file(handler)), _LOOP} & modules
    reached = _imported(root, started, modules)
    return tuple(sorted(files - modules | reached | _prompts(root, reached)))


def fingerprint(root: Path, files: tuple[Path, ...]) -> str:
    """A hash over names, contents and execute bits: the same on every machine, whatever the times of the files are."""
    digest = hashlib.sha256(f"python{LAMBDA_PYTHON}".encode())
    for file in files:
        path = root / file
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{file.as_posix()} {_executable(path)} {content}".encode())
    return digest.hexdigest()


def copy_files(root: Path, files: tuple[Path, ...], folder: Path) -> None:
    """Copy with their permissions: the streaming loop's wrapper is executed, and Lambda wants its execute bit."""
    for file in files:
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, target)
        target.chmod(0o755 if _executable(root / file) else 0o644)


def _imported(root: Path, start: set[Path], modules: set[Path]) -> set[Path]:
    """`start` and all of `modules` that they import, also inside functions, with the packages they are in."""
    reached: set[Path] = set()
    waiting = set(start)
    while waiting:
        file = waiting.pop()
        reached.add(file)
        named = {parent / "__init__.py" for parent in file.parents}
        for dotted in _imports(ast.parse((root / file).read_text(encoding="utf-8"))):
            path = Path(dotted.replace(".", "/"))
            named |= {path.with_suffix(".py"), path / "__init__.py"}
        waiting |= named & modules - reached
    return reached


def _prompts(root: Path, modules: set[Path]) -> set[Path]:
    """The prompts whose versions stand in the modules as texts."""
    texts = [(root / module).read_text(encoding="utf-8") for module in modules]
    return {path for path in _files(root, root / "catalog/prompts") if any(f'"{path.stem}"' in text for text in texts)}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _executable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100)


def _files(root: Path, part: Path) -> Iterator[Path]:
    for path in part.rglob("*") if part.is_dir() else (part,):
        if path.is_file() and path.suffix != ".pyc" and not _LEFT_OUT & set(path.relative_to(root).parts):
            yield path.relative_to(root)
