"""Writes examples/mixed anew, a document of each format: `python examples/sources/make_mixed.py`."""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

from docx import Document
from fpdf import FPDF
from openpyxl import Workbook
from PIL import Image, ImageDraw
from pptx import Presentation
from pptx.util import Cm

sys.path.insert(0, str(Path(__file__).parent))
import mixed_texts as texts

MIXED = Path(__file__).parents[1] / "mixed"
# Fixed dates, so that the same text gives the same file.
WRITTEN = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ZIPPED = (2026, 8, 20, 9, 0, 0)


def docx() -> bytes:
    document = Document()
    document.core_properties.created = document.core_properties.modified = WRITTEN
    for style, content in texts.WIND_FARM:
        if style == "table":
            _fill(document.add_table(rows=len(content), cols=len(content[0])), content)
        elif style == "title":
            document.add_heading(content, level=0)
        elif style in ("h1", "h2"):
            document.add_heading(content, level=int(style[1]))
        else:
            document.add_paragraph(content, style="List Bullet" if style == "li" else None)
    return _saved(document)


def pptx() -> bytes:
    presentation = Presentation()
    presentation.core_properties.modified = WRITTEN
    for title, points, notes in texts.TEA_SLIDES:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, "\n".join(points)
        slide.notes_slide.notes_text_frame.text = notes
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Harvest and prices by grade"
    shape = slide.shapes.add_table(len(texts.TEA_TABLE), len(texts.TEA_TABLE[0]), Cm(2), Cm(5), Cm(20), Cm(6))
    _fill(shape.table, texts.TEA_TABLE)
    return _saved(presentation)


def xlsx() -> bytes:
    book = Workbook()
    book.properties.created = book.properties.modified = WRITTEN.replace(tzinfo=None)
    harvest, people = book.active, book.create_sheet("Pickers")
    harvest.title = "Harvest"
    harvest.append(["Orchard", "Picked on", "Kilograms", "Sold"])
    for name, day, weight, share in (
        ("North slope", 4, 1840.5, 0.92),
        ("River field", 11, 2210, 0.875),
        ("Old wall", 12, 640, 1),
    ):
        harvest.append([name, date(2026, 9, day), weight, share])
        harvest.cell(harvest.max_row, 2).number_format = "yyyy-mm-dd"
        harvest.cell(harvest.max_row, 4).number_format = "0.0%"
    people.append(["Name", "Hours"])
    people.append(["Ines Amado", 38.5])
    people.sheet_state = "hidden"
    return _saved(book)


def rows(table: Iterable[Sequence[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return out.getvalue()


def rtf() -> bytes:
    body = []
    for style, text in texts.COOPERATIVE:
        escaped = "".join(c if c < "\x80" else f"\\'{c.encode('cp1252').hex()}" for c in text)
        body.append(rf"{{\pard\s1\outlinelevel0\b {escaped}\par}}" if style == "h" else rf"{{\pard {escaped}\par}}")
    head = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman\fcharset0 Times;}}"
    styles = r"{\stylesheet{\s0 Normal;}{\s1 heading 1;}}"
    return "\n".join([head, styles, *body, "}"]).encode("ascii")


def eml() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "김서연 <seoyeon.kim@harbour.example>", "어선안전모임 <safety@harbour.example>"
    message["Subject"], message["Date"] = texts.MEETING_SUBJECT, "Thu, 20 Aug 2026 18:00:00 +0900"
    message["Message-ID"] = "<minutes-q3@harbour.example>"
    message.set_content(texts.MEETING)
    table = rows(texts.INSPECTIONS, ",").encode("utf-8-sig")
    message.add_attachment(table, maintype="text", subtype="csv", filename="점검결과.csv")
    message.set_boundary("=-=minutes-q3=-=")
    return message.as_bytes()


def scanned_pdf(lines: Sequence[str]) -> bytes:
    """A page that is a picture, as scanners make it."""
    picture = Image.new("1", (620, 400), 1)
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((60, 50 + 36 * number), line, fill=0, font_size=22)
    page = FPDF(format=(210, 148))
    page.set_creation_date(WRITTEN)
    page.add_page()
    page.image(picture, x=0, y=0, w=page.w)
    return bytes(page.output())


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP whose bytes depend on nothing but its members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name, ZIPPED), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _fill(table: object, cells: Sequence[Sequence[str]]) -> None:
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            table.cell(row, column).text = value  # type: ignore[attr-defined]


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    with zipfile.ZipFile(out) as packed:
        members = {name: packed.read(name) for name in packed.namelist() if not name.endswith("thumbnail.jpeg")}
    core = "docProps/core.xml"  # some libraries write the time of saving here, whatever they are told
    members[core] = _MOMENT.sub(WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), members[core])
    return archive(members)


def main() -> None:
    letter = scanned_pdf(texts.LETTER)
    documents = {
        "wartungsbericht-windpark.docx": docx(),
        "highland-tea.pptx": pptx(),
        "orchard-harvest.xlsx": xlsx(),
        "ausleihen.csv": rows(texts.LOANS, ";").encode("cp1252"),
        "musee-de-la-poterie.html": texts.MUSEUM.encode(),
        "acta-cooperativa.rtf": rtf(),
        "fishing-boat-inspection.eml": eml(),
        "letter-scanned.pdf": letter,
        "bridge-koi8.txt": texts.BRIDGE.encode("koi8_r"),
        "three-villages.zip": archive(
            {
                "notes/trail.md": texts.TRAIL_NOTE.encode(),
                "notes/lighthouse.txt": texts.LIGHTHOUSE.encode("cp932"),
                "reports/bridge.txt": texts.BRIDGE.encode("cp1251"),
                "scans/letter.pdf": letter,
            }
        ),
    }
    MIXED.mkdir(exist_ok=True)
    for name, content in documents.items():
        (MIXED / name).write_bytes(content)


if __name__ == "__main__":
    main()
