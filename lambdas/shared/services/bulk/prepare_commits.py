"""What the steps that prepare documents have committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.run_files import RunFiles


def prepare_commits(files: RunFiles, layout: RunLayout, number: int) -> Iterator[dict[str, Any]]:
    """What was committed for a key file, in order; it is done when the last one says so."""
    step = 0
    while (commit := files.read(layout.prepare_commit(number, step))) is not None:
        yield commit
        step += 1
        if commit["done"]:
            return
