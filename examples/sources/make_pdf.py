"""Sets a plain text as a PDF of a few pages: `python examples/sources/make_pdf.py` writes examples/*.pdf anew."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF

SOURCES = Path(__file__).parent
# A fixed date, so that the same text gives the same file.
WRITTEN = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)


class Report(FPDF):
    """A page with a number at its foot."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=9)
        self.cell(0, 10, f"{self.page_no()}", align="C")


def pdf_of(text: str) -> bytes:
    """`# ` opens the title, `## ` a heading; other lines are paragraphs."""
    report = Report(format="A4")
    report.set_margin(25)
    report.set_auto_page_break(auto=True, margin=22)
    report.set_creation_date(WRITTEN)
    report.add_page()
    for line in text.splitlines():
        if line.startswith("# "):
            report.set_title(line[2:])
            _paragraph(report, line[2:], style="B", size=18, after=3)
        elif line.startswith("## "):
            _paragraph(report, line[3:], style="B", size=13, after=2)
        elif line:
            _paragraph(report, line, style="", size=11, after=3)
    return bytes(report.output())


def _paragraph(report: FPDF, text: str, *, style: str, size: int, after: int) -> None:
    report.set_font("Times", style=style, size=size)
    report.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
    report.ln(after)


if __name__ == "__main__":
    for source in sorted(SOURCES.glob("*.txt")):
        (SOURCES.parent / f"{source.stem}.pdf").write_bytes(pdf_of(source.read_text(encoding="utf-8")))
