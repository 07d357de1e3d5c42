"""Which paragraph styles of a Word document are headings or list items, and of which level."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.office_package import OfficePackage
from lambdas.shared.adapters.text_readers.safe_xml import OpeningTags

# Built-in styles keep these names in a document of any language; their ids are translated.
_NAMED = re.compile(r"heading (\d)")
_TITLES = {"title": 1, "subtitle": 2}
_LONGEST_CHAIN = 20


@dataclass(slots=True)
class _Styles(OpeningTags):
    """Hears styles.xml."""

    levels: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
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
        elif name == "ilvl" and value.isdecimal():
            self.lists[self._style] = int(value)
        elif name == "numId":
            self.lists.setdefault(self._style, 0)
        elif name == "name":
            found = _NAMED.fullmatch(value.lower())
            level = int(found[1]) if found else _TITLES.get(value.lower(), 0)
            if level:
                self.levels[self._style] = level


@dataclass(frozen=True, slots=True)
class ParagraphStyles:
    """By style: the level of a heading, from 1, and the depth of a list item, from 0."""

    headings: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)


def paragraph_styles(package: OfficePackage, part: str | None) -> ParagraphStyles:
    """What each style is by itself or by the style that it is based on."""
    if part is None:
        return ParagraphStyles()
    styles = _Styles()
    package.parse(part, styles)
    return ParagraphStyles(_inherited(styles, styles.levels), _inherited(styles, styles.lists))


def _inherited(styles: _Styles, own: Mapping[str, int]) -> dict[str, int]:
    found = {}
    for style in styles.parents:
        ancestor = style
        for _ in range(_LONGEST_CHAIN):
            if ancestor in own:
                found[style] = own[ancestor]
                break
            ancestor = styles.parents.get(ancestor, "")
    return found
