"""Which paragraph styles of a Word document are headings, and of which level."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.office_package import OfficePackage

# Built-in styles keep these names in a document of any language; their ids are translated.
_NAMED = re.compile(r"heading (\d)")
_TITLES = {"title": 1, "subtitle": 2}
_LONGEST_CHAIN = 20


@dataclass(slots=True)
class _Styles:
    """Hears styles.xml."""

    levels: dict[str, int] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    _style: str = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("val", "")
        if name == "style":
            self._style = attributes.get("styleId", "")
            self.parents[self._style] = ""
        elif name == "basedOn":
            self.parents[self._style] = value
        elif name == "outlineLvl" and value.isdecimal():
            self.levels[self._style] = int(value) + 1 if int(value) < 9 else 0
        elif name == "name":
            found = _NAMED.fullmatch(value.lower())
            level = int(found[1]) if found else _TITLES.get(value.lower(), 0)
            if level:
                self.levels[self._style] = level

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


def heading_levels(package: OfficePackage, part: str | None) -> dict[str, int]:
    """The level, from 1, of each style that is a heading by itself or by the style that it is based on."""
    if part is None:
        return {}
    styles = _Styles()
    package.parse(part, styles)
    return {style: level for style in styles.parents if (level := _inherited(styles, style))}


def _inherited(styles: _Styles, style: str) -> int:
    for _ in range(_LONGEST_CHAIN):
        if style in styles.levels:
            return styles.levels[style]
        style = styles.parents.get(style, "")
    return 0
