"""The example documents can all be read, and the PDF is what its source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambdas.shared.adapters.document_text_reader import DocumentTextReader

EXAMPLES = Path(__file__).parents[3] / "examples"
DOCUMENTS = sorted(path for path in EXAMPLES.iterdir() if path.is_file())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_an_example_can_be_read(path: Path) -> None:
    pages = DocumentTextReader().read(path.read_bytes(), path.name).parts
    assert sum(len(page) for page in pages) > 2000


def test_the_pdf_holds_its_source() -> None:
    source = (EXAMPLES / "sources" / "heron-field-report.txt").read_text(encoding="utf-8")
    content = (EXAMPLES / "heron-field-report.pdf").read_bytes()
    pages = DocumentTextReader().read(content, "heron-field-report.pdf").parts
    numbers = {str(number + 1) for number in range(len(pages))}
    words = [word for page in pages for word in page.split()]
    wanted = source.replace("#", "").split()
    assert [word for word in words if word not in numbers] == [word for word in wanted if word not in numbers]
    assert len(pages) >= 2


def test_the_examples_are_small() -> None:
    assert sum(path.stat().st_size for path in DOCUMENTS) < 300_000
