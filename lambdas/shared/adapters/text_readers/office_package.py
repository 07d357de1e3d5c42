"""The parts of an office file (Open Packaging Conventions) and how they refer to each other."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction, counted
from lambdas.shared.adapters.text_readers.guarded_archive import GuardedArchive
from lambdas.shared.adapters.text_readers.safe_xml import OpeningTags, XmlHandler, parse_xml
from lambdas.shared.domain.errors import UnreadableDocumentError


@dataclass(frozen=True, slots=True)
class Relationship:
    """`kind` is the last word of its type ("slide", "styles"); `part` the name of the part that it leads to."""

    identifier: str
    kind: str
    part: str


@dataclass(slots=True)
class _Relationships(OpeningTags):
    folder: str
    found: list[Relationship] = field(default_factory=list)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            part = posixpath.normpath(posixpath.join("/", self.folder, target)).lstrip("/")
            kind = attributes.get("Type", "").rsplit("/", 1)[-1]
            self.found.append(Relationship(attributes.get("Id", ""), kind, part))


class OfficePackage(GuardedArchive):
    """A .docx, .pptx or .xlsx file."""

    def __init__(self, content: bytes, budget: Budget, kind: str) -> None:
        super().__init__(content, budget, kind)
        self.kind = kind

    def main_part(self) -> str:
        """The document, the presentation, the workbook; raises UnreadableDocumentError `damaged_<kind>`."""
        for relationship in self.relationships(""):
            if relationship.kind == "officeDocument" and relationship.part in self:
                return relationship.part
        raise UnreadableDocumentError(
            "The document's main part is missing; save it again.", code=f"damaged_{self.kind}"
        )

    def relationships(self, part: str) -> list[Relationship]:
        """Those of a part ("" is the package) to parts that exist."""
        folder, name = posixpath.split(part)
        handler = _Relationships(folder)
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        if source in self:
            self.parse(source, handler)
        return [relationship for relationship in handler.found if relationship.part in self]

    def parse(self, part: str, handler: XmlHandler) -> None:
        parse_xml(self.pieces(part), handler, self.kind)

    def report_unread(self, extraction: Extraction) -> None:
        """What every office file may hold beside its text."""
        names = self.names()
        if any(name.endswith("vbaProject.bin") for name in names):
            extraction.skip("Its macros were neither run nor read.")
        for folder, what in (("media", "picture"), ("embeddings", "embedded file"), ("charts", "chart")):
            count = sum(1 for name in names if re.search(rf"/{folder}/(?!_rels/|style|colors)", name))
            if count:
                extraction.skip(f"Not read: {counted(count, what)}.")
