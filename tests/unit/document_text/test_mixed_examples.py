"""The example documents of every format say what their source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambdas.shared.domain.document_language import language_of
from tests.unit.document_text.builders import read, refusal

MIXED = Path(__file__).parents[3] / "examples/mixed"
EXPECTED = {
    "acta-cooperativa.rtf": ("section", 1, "es", "# Acuerdos\n\nSe aprueba comprar una segunda bomba"),
    "ausleihen.csv": ("sheet", 1, "de", "Über die Alpen; zu Fuß | Käthe Würth | 29 | 19.10.2026"),
    "bridge-koi8.txt": ("section", 1, "ru", "Деревянный мост через Ольховку"),
    "fishing-boat-inspection.eml": ("message", 2, "ko", "# Attachment 점검결과.csv\n\n어선 | 구명조끼 | 무전기 | 비고"),
    "highland-tea.pptx": ("slide", 3, "en", "Speaker notes:\n\nOpen with the harvest"),
    "musee-de-la-poterie.html": ("section", 1, "fr", "## Horaires et tarifs\n\nSaison | Ouverture | Plein tarif"),
    "orchard-harvest.xlsx": ("sheet", 2, None, "River field | 2026-09-11 | 2210 | 87.5%"),
    "three-villages.zip": ("file", 3, "ja", "# notes/lighthouse.txt\n\n灯台の記録"),
    "wartungsbericht-windpark.docx": ("section", 1, "de", "- Anlage 7: Riss von 5 cm nahe der Blattspitze"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_document_of_each_format_is_read(name: str) -> None:
    extraction = read((MIXED / name).read_bytes(), name)
    part_name, parts, language, words = EXPECTED[name]
    assert (extraction.part_name, len(extraction.parts), language_of(extraction.parts)) == (part_name, parts, language)
    assert words in "\n\n".join(extraction.parts)


def test_nothing_that_a_page_hides_is_read() -> None:
    (page,) = read((MIXED / "musee-de-la-poterie.html").read_bytes()).parts
    assert "Brouillon" not in page and "visites" not in page


def test_the_scan_needs_ocr() -> None:
    assert refusal((MIXED / "letter-scanned.pdf").read_bytes()).code == "needs_ocr"


def test_every_example_is_expected() -> None:
    assert {path.name for path in MIXED.iterdir()} == {*EXPECTED, "letter-scanned.pdf"}
    assert sum(path.stat().st_size for path in MIXED.iterdir()) < 120_000
