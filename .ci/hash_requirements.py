"""Writes the SHA-256 of every file that pip may install beneath each pin: `make hashes`, after a pin was edited.

The files keep their comments, order and pins. Hashes come from the index by a pinned uv; of a package's wheels those
for CPython 3.11 to 3.14 on Linux (glibc) and macOS are listed, and its source archive only where a wheel is missing.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
UV = "uv==0.13.8"
PYTHONS = (11, 12, 13, 14)
MACHINES = {
    "Linux x86_64": re.compile(r"(many)?linux.*_x86_64"),
    "Linux arm64": re.compile(r"(many)?linux.*_aarch64"),
    "macOS x86_64": re.compile(r"macosx_.*_(x86_64|universal2|intel)"),
    "macOS arm64": re.compile(r"macosx_.*_(arm64|universal2)"),
}
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,-]+\])?==([^=<>~ \\]+)")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", tools, UV], check=True)
        for path in (*sorted(ROOT.glob("requirements*.txt")), *sorted((ROOT / "stacks/layers").glob("*.txt"))):
            lines = without_hashes(path.read_text(encoding="utf-8"))
            locked = lock(tools / "bin/uv", Path(folder), [line for line in lines if PIN.fullmatch(line)])
            path.write_text("\n".join(written(line, locked) for line in lines) + "\n", encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {len(locked)} pins, {sum(map(len, locked.values()))} hashes")
    return 0


def without_hashes(text: str) -> list[str]:
    kept = (line.removesuffix("\\").rstrip() for line in text.splitlines())
    return [line for line in kept if not line.startswith("    --hash=")]


def written(line: str, locked: dict[str, list[str]]) -> str:
    pin = PIN.fullmatch(line)
    if pin is None:
        return line
    hashes = (f"    --hash=sha256:{digest}" for digest in locked[normalized(pin[1])])
    return " \\\n".join((line, *hashes))


def lock(uv: Path, folder: Path, pins: list[str]) -> dict[str, list[str]]:
    """The wanted hashes of each package, by its normalized name."""
    wanted, found = folder / "pins.in", folder / "pylock.toml"
    wanted.write_text("\n".join(pins), encoding="utf-8")
    command = [uv, "pip", "compile", "--quiet", "--no-deps", "--universal", "--python-version", f"3.{PYTHONS[0]}"]
    subprocess.run([*command, "--format", "pylock.toml", wanted, "--output-file", found], check=True, cwd=folder)
    packages = tomllib.loads(found.read_text(encoding="utf-8"))["packages"]
    return {normalized(package["name"]): sorted(wanted_hashes(package)) for package in packages}


def wanted_hashes(package: dict[str, Any]) -> Iterator[str]:
    served: set[tuple[int, str]] = set()
    for wheel in package.get("wheels", ()):
        targets = set(targets_of(file_name(wheel)))
        served |= targets
        if targets:
            yield wheel["hashes"]["sha256"]
    if len(served) < len(PYTHONS) * len(MACHINES) and "sdist" in package:
        yield package["sdist"]["hashes"]["sha256"]


def targets_of(wheel: str) -> Iterator[tuple[int, str]]:
    """(minor version of Python, machine) of everything that a wheel's file name says it runs on."""
    interpreters, abis, platforms = wheel.removesuffix(".whl").split("-")[-3:]
    for python in PYTHONS:
        if not any(runs_on(tag, abi, python) for tag in interpreters.split(".") for abi in abis.split(".")):
            continue
        for machine, pattern in MACHINES.items():
            if any(tag == "any" or pattern.fullmatch(tag) for tag in platforms.split(".")):
                yield python, machine


def runs_on(interpreter: str, abi: str, python: int) -> bool:
    tag = re.fullmatch(r"(py|cp)3(\d*)", interpreter)
    if tag is None:
        return False
    minor = int(tag[2] or 0)
    if tag[1] == "py" or abi == "abi3":
        return minor <= python
    return minor == python and abi in {f"cp3{python}", "none"}


def file_name(entry: dict[str, Any]) -> str:
    return str(entry.get("name") or unquote(PurePosixPath(urlsplit(entry["url"]).path).name))


def normalized(name: str) -> str:
    return re.sub(r"[._-]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
