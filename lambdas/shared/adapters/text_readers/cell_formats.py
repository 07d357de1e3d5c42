"""How a cell's stored number reads: as a date, a time, a percentage or the number itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from lambdas.shared.adapters.text_readers.safe_xml import OpeningTags

Format = Literal["number", "date", "percent", "duration"]

# ECMA-376 part 1, 18.8.30: the formats that have a number and no code
_BUILT_IN: dict[int, Format] = {
    **dict.fromkeys((9, 10), "percent"),
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), "date"),
    46: "duration",
}
_LONGEST_CODE = 255  # in Excel
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.I)
_EPOCH_1900 = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)
_LAST_DAY = 2_958_465  # 9999-12-31


@dataclass(slots=True)
class CellFormats(OpeningTags):
    """Hears styles.xml; `by_style` is the format of each cell style, by its index."""

    by_style: list[Format] = field(default_factory=list)
    _codes: dict[str, str] = field(default_factory=dict)
    _in_cells: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            number = attributes.get("numFmtId", "0")
            code = self._codes.get(number)
            built_in = _BUILT_IN.get(int(number), "number") if number.isdecimal() else "number"
            self.by_style.append(built_in if code is None else format_of(code))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


def format_of(code: str) -> Format:
    """What a format code makes of a number: `yyyy-mm-dd`, `0.0%`, `[h]:mm`, `#,##0.00 "days"`."""
    bare = _LITERAL.sub("", code[:_LONGEST_CODE].split(";", 1)[0]).lower()
    if "[" in bare:
        return "duration"
    if "%" in bare:
        return "percent"
    return "date" if re.search(r"[dmyhs]", bare.replace("general", "")) else "number"


def number_text(value: str, kind: Format, *, since_1904: bool = False) -> str:
    """The stored number as people read it; what is no number stays as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    if kind == "percent":
        return f"{number * 100:.10g}%"
    if kind == "duration" and abs(number) < _LAST_DAY:
        minutes = round(number * 24 * 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    if kind == "date" and 0 <= number <= _LAST_DAY:
        return _date_text(number, since_1904=since_1904)
    # a spreadsheet keeps and shows 15 digits: 0.1 + 0.2 is 0.3
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.15g}"


def _date_text(number: float, *, since_1904: bool) -> str:
    epoch = _EPOCH_1904 if since_1904 else _EPOCH_1900
    # 1900 has a 29th of February there: https://learn.microsoft.com/office/troubleshoot/excel/wrongly-assumes-1900-is-leap-year
    day = number + 1 if 1 <= number < 60 and not since_1904 else number
    try:
        moment = epoch + timedelta(seconds=round(day * 86_400))
    except OverflowError:
        return f"{number:.15g}"
    time = moment.strftime("%H:%M:%S").removesuffix(":00")
    if number < 1:
        return time
    return moment.date().isoformat() if time == "00:00" else f"{moment.date().isoformat()} {time}"
