"""HTML, RTF and CSV as light Markdown."""

from __future__ import annotations

import pytest

from tests.unit.document_text.builders import read, refusal, text_of

STYLES = r"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\*\cs5 Heading 1 Char;}}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<h2>Head</h2><p>A  <b>bold</b>\n word.<p>Next", "## Head\n\nA bold word.\n\nNext"),
        ("<ul><li>one<ul><li>inner</ul><li>two</ul>", "- one\n  - inner\n- two"),
        ("<table><tr><th>a<th>b<tr><td>1<td><p>2</p><p>3</p></table>", "a | b\n1 | 2 3"),
        ("<table><tr><td><table><tr><td>framed</td></tr></table></td></tr></table>", "framed"),
        ("<p style='color:red; DISPLAY : none'>no</p><p hidden>no<p>yes", "yes"),
        ("<div hidden><p>no<div>no</div></div>yes", "yes"),
        ("<script>no()</script><style>no</style><noscript>no</noscript><svg><text>no</text></svg>yes", "yes"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("caf&eacute; &amp; t&#233;<br>line", "café & té\nline"),
        ("<!-- <p>no</p> -->yes", "yes"),
        ("<div>" * 5000 + "deep" + "</div>" * 5000 + "after", "deep\n\nafter"),
    ],
)
def test_a_page_is_its_visible_text(body: str, text: str) -> None:
    assert text_of(f"<!doctype html><html><body>{body}".encode()) == text


def test_a_pages_title_is_its_first_heading() -> None:
    assert text_of(b"<html><head><title>Tides</title><meta name=x></head><body>Text.") == "# Tides\n\nText."


@pytest.mark.parametrize("encoding", ["euc-kr", "shift_jis", "windows-1251"])
def test_a_page_says_its_encoding(encoding: str) -> None:
    word = {"euc-kr": "배", "shift_jis": "船", "windows-1251": "да"}[encoding]
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={encoding}"></head><body>{word}'
    assert text_of(page.encode(encoding)) == word


def test_a_page_of_comments_alone_has_no_text() -> None:
    assert read(b"<html><!-- x --></html>").is_blank()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"\pard Plain.\par Next \b bold\b0  word.\par", "Plain.\n\nNext bold word."),
        (STYLES + r"\pard\s1 Head\par\pard\s0 Text.\par", "# Head\n\nText."),
        (r"\pard\outlinelevel2 Head\par\pard Text\par", "### Head\n\nText"),
        (r"{\listtext\bullet\tab}one\par{\listtext\bullet\tab}two\par", "- one\n- two"),
        (
            r"\trowd\pard\intbl a\cell b\cell\row\trowd\intbl 1\par 2\cell 3\cell\row\pard After.\par",
            "a | b\n1 2 | 3\n\nAfter.",
        ),
        (r"Gr\'f6\'dfe \u8364?uro \u-10180?\u-8448?", "Größe €uro 🌀"),
        (r"{\fonttbl{\f0\fcharset0 T;}{\f1\fcharset129 B;}}\f1\'b9\'e8\f0  ok", "배 ok"),
        (r"{\uc2\u48176\'b9\'e8}\uc0\u48176 x", "배배x"),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}{\*\unknown no}{\pict 00ff}{\info{\title no}}", "a link"),
        (r"seen{\v unseen}{\deleted gone} on", "seen on"),
        (r"{\shp{\*\shpinst{\sp{\sn n}{\sv v}}{\shptxt In the box.\par}}}Beside.", "In the box.\n\nBeside."),
        (r"Herons{\footnote  seen in May}", "Herons seen in May"),
        (r"a\~b\_c\-d \{x\} \\ \lquote q\rquote", "a\xa0b-cd {x} \\ \u2018q\u2019"),
        ("a{\\pict\\bin5 }}}}}}b\\par", "ab"),
        ("x}}}} y", "x y"),
    ],
)  # fmt: skip
def test_an_rtf_is_its_text(body: str, text: str) -> None:
    assert text_of(rb"{\rtf1\ansi\ansicpg1252\deff0" + b" " + body.encode("ascii") + b"}") == text


def test_two_bytes_of_a_character_may_come_one_escaped_and_one_not() -> None:
    assert text_of(b"{\\rtf1\\ansi\\ansicpg932 \\'83A\\'83\r\n\\'8b}") == "アル"


def test_an_rtf_of_groups_without_end_is_refused() -> None:
    assert refusal(b"{\\rtf1" + b"{" * 20_000).code == "damaged_rtf"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('a,b\n1,"x, y"\n', "a | b\n1 | x, y"),
        ("a;b\n1,5;2,5\n", "a | b\n1,5 | 2,5"),
        ("a\tb, c\n1\t2\n", "a | b, c\n1 | 2"),
        ("sep=|\na|b\n", "a | b"),
        ('a,b\n1,"two\nlines"\n', "a | b\n1 | two lines"),
        ('a,b\n1,"never closed\n2,3\n4,5\n6,7\n', 'a | b\n1 | "never closed\n2 | 3\n4 | 5\n6 | 7'),
        ("only one column\nand no sign\n", "only one column\nand no sign"),
    ],
)
def test_a_csv_is_a_row_a_line(content: str, text: str) -> None:
    assert text_of(content.encode(), "a.csv") == text
