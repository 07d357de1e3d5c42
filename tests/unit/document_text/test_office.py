"""Word, PowerPoint and Excel: what people see of them, and what is told as not read."""

from __future__ import annotations

import pytest

from lambdas.shared.adapters.text_readers.cell_formats import format_of, number_text
from tests.unit.document_text.builders import R, W, docx, package, paragraph, read, refusal, text_of, xlsx, zipped

RUN = "<w:r><w:t>new</w:t></w:r>"
BOX = (
    '<w:p><w:r><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:txbxContent><w:p><w:r><w:t>In the box.</w:t></w:r></w:p>'
    "</w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>In the box.</w:t></w:r></w:p></mc:Fallback>"
    "</mc:AlternateContent></w:r><w:r><w:t>Beside it.</w:t></w:r></w:p>"
)
STYLES = (
    f'<w:styles {W}><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="berschrift2"/></w:style>'
    '<w:style w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style></w:styles>'
)
NOTES = (
    f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>---</w:t></w:r></w:p></w:footnote>'
    f'<w:footnote w:id="2">{paragraph("Seen in May.")}</w:footnote></w:footnotes>'
)
TABLE = (
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Pier</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Boats</w:t></w:r></w:p></w:tc>"
    "</w:tr><w:tr><w:tc><w:p><w:r><w:t>North</w:t></w:r></w:p></w:tc><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>12</w:t>"
    "</w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"
)


class TestWord:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            (paragraph("Plain.") + paragraph("Next."), "Plain.\n\nNext."),
            (paragraph("Head", '<w:pStyle w:val="berschrift2"/>') + paragraph("Text."), "## Head\n\nText."),
            (paragraph("Head", '<w:pStyle w:val="Mine"/>'), "## Head"),
            (paragraph("Text", '<w:pStyle w:val="Loop"/>'), "Text"),
            (paragraph("Head", '<w:outlineLvl w:val="0"/>'), "# Head"),
            (
                paragraph("one", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr>')
                + paragraph("inner", '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr>')
                + paragraph("none", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'),
                "- one\n  - inner\n\nnone",
            ),
            (TABLE, "Pier | Boats\nNorth | 12"),
            (BOX, "In the box.\n\nBeside it."),
            (f"<w:sdt><w:sdtContent>{paragraph('A form field.')}</w:sdtContent></w:sdt>", "A form field."),
            (f"<w:p><w:ins>{RUN}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>", "new"),
            ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>unseen</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>", "seen"),
            ("<w:p><w:r><w:instrText>PAGE</w:instrText><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/></w:r></w:p>", "a\tb"),
        ],
    )  # fmt: skip
    def test_a_body_is_light_markdown(self, body: str, text: str) -> None:
        assert text_of(docx(body, styles=STYLES)) == text

    def test_footnotes_stand_at_the_end(self) -> None:
        body = '<w:p><w:r><w:t>Herons</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
        assert text_of(docx(body, footnotes=NOTES)) == "Herons[^2]\n\n[^2]: Seen in May."

    def test_what_is_not_read_is_told(self) -> None:
        content = package(
            "word/document.xml",
            {
                "word/document.xml": f"<w:document {W}>{paragraph('Text.')}</w:document>",
                "word/comments.xml": "<c/>",
                "word/vbaProject.bin": "x",
                "word/media/image1.png": "x",
            },
            {"c": ("comments", "comments.xml")},
        )
        extraction = read(content, "a.docm")
        assert extraction.skipped == [
            "The reviewers' comments were not read.",
            "Its macros were neither run nor read.",
            "Not read: 1 picture.",
        ]

    @pytest.mark.parametrize(
        "content",
        [
            package("word/document.xml", {"word/document.xml": "<w:document"}),
            package("word/document.xml", {"word/other.xml": "<x/>"}),
            zipped({"[Content_Types].xml": "", "word/document.xml": "<x/>"}),
        ],
    )
    def test_a_damaged_one_is_refused(self, content: bytes) -> None:
        assert refusal(content).code == "damaged_docx"


def slide(*shapes: str, show: str = "1") -> str:
    tree = f"<p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld>"
    return f'<p:sld xmlns:p="p" xmlns:a="a" {R} show="{show}">{tree}</p:sld>'


def shape(role: str, *paragraphs: str) -> str:
    inner = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{role}"/></p:nvPr></p:nvSpPr><p:txBody>{inner}</p:txBody></p:sp>'


def presentation(*slides: str, rels: str = "", **parts: str) -> bytes:
    listed = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(len(slides)))
    return package(
        "ppt/presentation.xml",
        {
            "ppt/presentation.xml": f'<p:presentation xmlns:p="p" {R}>{listed}</p:presentation>',
            **{f"ppt/slides/slide{n}.xml": xml for n, xml in enumerate(slides)},
            "ppt/slides/_rels/slide0.xml.rels": f"<Relationships>{rels}</Relationships>",
            **{f"ppt/{name}.xml": xml for name, xml in parts.items()},
        },
        {f"s{n}": ("slide", f"slides/slide{n}.xml") for n in reversed(range(len(slides)))},
    )


class TestSlides:
    def test_each_slide_is_a_part_in_the_order_of_the_show(self) -> None:
        extraction = read(presentation(slide(shape("title", "One")), slide(shape("title", "Two"), show="0")))
        assert (extraction.part_name, extraction.parts) == ("slide", ["# One", "# Two"])
        assert extraction.skipped == ["Read as well: 1 hidden slide."]

    def test_the_title_comes_first_and_the_footer_not_at_all(self) -> None:
        content = presentation(
            slide(shape("body", "a point", "another"), shape("ctrTitle", "Title"), shape("sldNum", "7"))
        )
        assert read(content).parts == ["# Title\n\n- a point\n- another"]

    def test_notes_and_diagrams_belong_to_their_slide(self) -> None:
        rels = (
            '<Relationship Id="n" Type="x/notesSlide" Target="../notes.xml"/>'
            '<Relationship Id="d" Type="x/diagramData" Target="../diagram.xml"/>'
        )
        notes = f'<p:notes xmlns:p="p" xmlns:a="a">{shape("sldImg", "no")}{shape("body", "Say it slowly.")}</p:notes>'
        step = "<dgm:pt><dgm:t><a:p><a:r><a:t>Step</a:t></a:r></a:p></dgm:t></dgm:pt>"
        diagram = f'<dgm:dataModel xmlns:dgm="d" xmlns:a="a">{step}</dgm:dataModel>'
        content = presentation(slide(shape("title", "T")), rels=rels, notes=notes, diagram=diagram)
        assert read(content).parts == ["# T\n\nSpeaker notes:\n\nSay it slowly.\nStep"]

    def test_a_picture_show_has_blank_parts(self) -> None:
        assert read(presentation(slide())).parts == [""]


class TestWorkbook:
    def test_rows_are_lines_and_gaps_keep_the_columns(self) -> None:
        rows = (
            '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>in</t><t>line</t></is></c></row><row/>'
            '<row r="9"><c r="A9" t="b"><v>1</v></c><c r="B9" t="e"><v>#N/A</v></c>'
            '<c r="C9" t="str"><f>A1</f><v>x</v></c></row>'
            '<row><c r="XFD10"><v>7</v></c><c><v>0.30000000000000004</v></c></row>'
        )
        strings = "<si><r><t>Rich</t></r><r><t> text</t></r><rPh><t>no</t></rPh></si>"
        assert read(xlsx(rows, strings=strings)).parts == [
            "# Figures\n\nRich text |  | inline\nTRUE | #N/A | x\n7 | 0.3",
        ]

    def test_dates_and_shares_read_as_people_see_them(self) -> None:
        styles = (
            '<numFmts><numFmt numFmtId="164" formatCode="[$-407]d. mmm yy;@"/></numFmts>'
            '<cellStyleXfs><xf numFmtId="9"/>'
            '</cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs>'
        )
        cells = (("1", "46254"), ("2", "0.125"), ("0", "1840.5"), ("9", "3"))
        rows = "<row>" + "".join(f'<c s="{style}"><v>{value}</v></c>' for style, value in cells) + "</row>"
        assert read(xlsx(rows, styles=styles)).parts[0].endswith("2026-08-20 | 12.5% | 1840.5 | 3")
        in_1904 = xlsx(rows, styles=styles, workbook='<workbookPr date1904="1"/>')
        assert "2030-08-21" in read(in_1904).parts[0]

    def test_hidden_sheets_are_read_and_told(self) -> None:
        extraction = read(xlsx("<row><c><v>1</v></c></row>", state="veryHidden"))
        assert extraction.parts == ["# Figures (hidden sheet)\n\n1"]
        assert extraction.skipped == ["Read as well: 1 hidden sheet."]

    def test_formulas_without_a_result_are_told(self) -> None:
        (sentence,) = read(xlsx("<row><c><f>1+1</f></c><c><v>5</v></c></row>")).skipped
        assert "1 formula;" in sentence

    def test_a_reference_to_a_string_that_is_missing_is_blank(self) -> None:
        assert read(xlsx('<row><c t="s"><v>99</v></c><c><v>2</v></c></row>')).parts[0].endswith("| 2")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", "number"), ("#,##0.00", "number"), ('0 "days"', "number"), ("[Red]0", "number"),
        ("0.0%", "percent"),
        ("yyyy-mm-dd", "date"), ("[$-409]h:mm AM/PM", "date"), ("[h]:mm", "duration"), (r"0\d", "number"),
        ("@", "number"),
    ],
)  # fmt: skip
def test_a_format_code_says_what_a_number_is(code: str, kind: str) -> None:
    assert format_of(code) == kind


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("46254.75", "date", "2026-08-20 18:00"), ("0.5", "date", "12:00"), ("1", "date", "1900-01-01"),
        ("-3", "date", "-3"), ("1e300", "date", "1e+300"), ("1.5", "duration", "36:00"),
        ("12345678", "number", "12345678"),
        ("1e20", "number", "1e+20"), ("n/a", "number", "n/a"), ("nan", "number", "nan"), ("inf", "percent", "inf%"),
        ("inf", "duration", "inf"),
    ],
)  # fmt: skip
def test_a_stored_number_reads_as_people_see_it(value: str, kind: str, text: str) -> None:
    assert number_text(value, kind) == text  # type: ignore[arg-type]
