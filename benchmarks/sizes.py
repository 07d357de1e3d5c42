"""What is uploaded to Lambda, zipped and unpacked, with compiled modules; `python -m benchmarks.sizes`."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import boto3
import botocore

from benchmarks.host_twin import ROOT, host_layer, host_task
from benchmarks.measuring import table


def measure() -> str:
    """Sizes of the host's twins; Lambda's differ by the compiled extension of one package."""
    rows = [row("core layer", host_layer())]
    installed = [Path(module.__file__).parent for module in (boto3, botocore) if module.__file__]
    rows.append(row("boto3 and botocore untrimmed, for comparison", *installed))
    for path in sorted((ROOT / "lambdas").glob("*/*_handler.py")):
        handler = path.relative_to(ROOT / "lambdas").as_posix().removesuffix("_handler.py")
        rows.append(row(f"function {handler}", host_task(handler)))
    return table(["asset", "zip kB", "unpacked kB", "files"], rows)


def row(title: str, *folders: Path) -> list[str]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    unpacked = sum(path.stat().st_size for path in files)
    return [title, f"{packed_bytes(files) / 1000:.0f}", f"{unpacked / 1000:.0f}", str(len(files))]


def packed_bytes(files: list[Path]) -> int:
    """As the CDK CLI packs them: deflate."""
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, path in enumerate(files):
                archive.write(path, f"{number}/{path.name}")
        return target.tell()


def main() -> None:
    print(measure())


if __name__ == "__main__":
    main()
