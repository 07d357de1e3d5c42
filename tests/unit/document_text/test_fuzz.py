"""Whatever bytes come: text, or an error with a code that is written down; nothing else, and no hang."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction
from lambdas.shared.adapters.text_readers.reading import read_into
from lambdas.shared.domain.errors import UnreadableDocumentError
from tests.unit.document_text.test_mail import message, outlook

ROOT = Path(__file__).parents[3]
MIXED = sorted((ROOT / "examples/mixed").iterdir())
SEEDS = {path.suffix: path.read_bytes() for path in MIXED} | {
    ".msg": outlook(**{"__substg1.0_1000001F": "Text.".encode("utf-16-le")}),
    ".mail": message(html="<p>x").as_bytes(),
}
CODES = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs/summaries.md").read_text(encoding="utf-8")))
QUICK = settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def reads_or_refuses(content: bytes, name: str) -> None:
    extraction = Extraction(Budget())
    try:
        read_into(extraction, content, name)
    except UnreadableDocumentError as error:
        assert error.code in CODES, error.code
        assert str(error).endswith(".")
    assert all(isinstance(part, str) for part in extraction.parts)


@pytest.mark.parametrize("ending", sorted(SEEDS))
@QUICK
@given(data=st.data())
def test_a_document_with_broken_bytes(ending: str, data: st.DataObject) -> None:
    content = bytearray(SEEDS[ending])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    end = data.draw(st.integers(0, len(content)))
    reads_or_refuses(bytes(content[: end if data.draw(st.booleans()) else None]), f"a{ending}")


@pytest.mark.parametrize(
    "head", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"{\\rtf1", b"<html>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
@QUICK
@given(
    content=st.binary(max_size=400),
    ending=st.sampled_from([".txt", ".csv", ".pdf", ".docx", ".html", ".eml", ".md", ""]),
)
def test_random_bytes_behind_a_signature(head: bytes, content: bytes, ending: str) -> None:
    reads_or_refuses(head + content, f"a{ending}")


@QUICK
@given(
    text=st.text(alphabet="\\{}*'\"<>=&;:u0pcsfbv \n\r\tar", max_size=300),
    head=st.sampled_from(["{\\rtf1", "<html>", "From: a\nTo: b\n"]),
)
def test_random_markup(text: str, head: str) -> None:
    reads_or_refuses((head + text).encode(), "a.eml" if head.startswith("From") else "a")
