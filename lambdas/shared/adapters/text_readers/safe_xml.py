"""XML read in one pass and without a tree; a document type declaration, the door to entity bombs, is refused.

Office files have none (ISO/IEC 29500-2, 8.1.4), so nothing that people write is lost. Names come without their
namespaces: the transitional and the strict variant of the format differ in nothing else that matters here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from xml.parsers import expat

from lambdas.shared.domain.errors import UnreadableDocumentError

_SEPARATOR = "\x1f"
_RELATIONSHIPS = "/relationships"


class XmlHandler(Protocol):
    """Hears of elements by local name; attributes of the relationships' namespace are called `r:...`."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class OpeningTags:
    """A handler of files that say everything in attributes: relationships, styles, lists of sheets."""

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


def parse_xml(pieces: Iterable[bytes], handler: XmlHandler, kind: str) -> None:
    """Raises UnreadableDocumentError `xml_entities` or `damaged_<kind>`, and what the handler raises."""
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: handler.start(
        name.rpartition(_SEPARATOR)[2], attributes if not attributes else _plain(attributes)
    )
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(_SEPARATOR)[2])
    parser.CharacterDataHandler = handler.text
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnreadableDocumentError(
            "A part of the document is no valid XML; save it again.", code=f"damaged_{kind}"
        ) from error


def _plain(attributes: Mapping[str, str]) -> Mapping[str, str]:
    if not any(_SEPARATOR in name for name in attributes):
        return attributes
    return {_local(name): value for name, value in attributes.items()}


def _local(name: str) -> str:
    namespace, _, local = name.rpartition(_SEPARATOR)
    return f"r:{local}" if namespace.endswith(_RELATIONSHIPS) else local


def _refuse(*_: Any) -> None:
    raise UnreadableDocumentError(
        "The document's XML declares entities, which can be made to fill memories; save it again from its program.",
        code="xml_entities",
    )
