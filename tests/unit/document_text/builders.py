"""Documents as bytes, well made and nasty ones, and one call that reads them in this process."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction
from lambdas.shared.adapters.text_readers.reading import read_into
from lambdas.shared.domain.errors import UnreadableDocumentError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def read(content: bytes, name: str = "document", *, budget: Budget | None = None) -> Extraction:
    extraction = Extraction(budget or Budget())
    read_into(extraction, content, name)
    return extraction


def text_of(content: bytes, name: str = "document") -> str:
    return "\n\n".join(read(content, name).parts)


def refusal(content: bytes, name: str = "document", *, budget: Budget | None = None) -> UnreadableDocumentError:
    with pytest.raises(UnreadableDocumentError) as raised:
        read(content, name, budget=budget)
    return raised.value


def zipped(members: Mapping[str, bytes | str], *, packed: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def package(main: str, parts: Mapping[str, bytes | str], related: Mapping[str, tuple[str, str]] | None = None) -> bytes:
    """An office file: `related` is {id: (kind, part)} of the main part, part names relative to its folder."""
    folder, name = main.split("/")
    relationships = "".join(
        f'<Relationship Id="{identifier}" Type="{_TYPE}{kind}" Target="{target}"/>'
        for identifier, (kind, target) in (related or {}).items()
    )
    root = f'<Relationship Id="r" Type="{_TYPE}officeDocument" Target="{main}"/>'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f"<Relationships {_PACKAGE}>{root}</Relationships>",
            f"{folder}/_rels/{name}.rels": f"<Relationships {_PACKAGE}>{relationships}</Relationships>",
            **parts,
        }
    )


def docx(body: str, **parts: str) -> bytes:
    """`parts` are footnotes, styles and the like: the kind and the part's XML."""
    return package(
        "word/document.xml",
        {
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            **{f"word/{kind}.xml": xml for kind, xml in parts.items()},
        },
        {kind: (kind, f"{kind}.xml") for kind in parts},
    )


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def xlsx(rows: str, *, strings: str = "", styles: str = "", workbook: str = "", state: str = "visible") -> bytes:
    sheet = f'<sheets><sheet name="Figures" sheetId="1" state="{state}" r:id="rId1"/></sheets>'
    return package(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": f"<workbook {R}>{workbook}{sheet}</workbook>",
            "xl/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
            "xl/sharedStrings.xml": f"<sst>{strings}</sst>",
            "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>",
        },
        {
            "rId1": ("worksheet", "sheet1.xml"),
            "rId2": ("sharedStrings", "sharedStrings.xml"),
            "rId3": ("styles", "styles.xml"),
        },
    )


def pdf(*pages: str) -> bytes:
    """A blank string is a page with a drawing and no text."""
    document = FPDF()
    document.set_font("Helvetica", size=12)
    for page in pages:
        document.add_page()
        document.multi_cell(0, 6, page) if page else document.rect(10, 10, 20, 20)
    return bytes(document.output())


def encrypted_pdf(content: bytes, user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
