"""`openapi`: writes docs/openapi.json and docs/reference.md, or says that they are stale."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ops.deployed_stacks import OpsError
from ops.openapi.document import openapi_document
from ops.openapi.operations import ROOT
from ops.openapi.reference_page import reference_page


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `openapi` to the command line."""
    command = groups.add_parser("openapi", help="write docs/openapi.json and docs/reference.md")
    command.add_argument("--check", action="store_true", help="write nothing; fail if they are not fresh")
    command.set_defaults(run=_run)


def generated() -> dict[Path, str]:
    """Each generated file with the text that it must have."""
    document = openapi_document()
    return {
        ROOT / "docs/openapi.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        ROOT / "docs/reference.md": reference_page(document),
    }


def _run(options: argparse.Namespace) -> None:
    for path, text in generated().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if options.check:
            raise OpsError(f"{path.relative_to(ROOT)} is not fresh; run `make openapi`")
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
