"""How a tenant wants its summaries: style, language, and words of its own."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.language_names import language_name

# Each style has a prompt file of its own, `summarize_<style>`.
Style = Literal["brief", "bullets", "detailed"]
STYLES: tuple[str, ...] = get_args(Style)
FOLLOW_DOCUMENT = "document"
MAX_INSTRUCTIONS = 2000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """`language`: `document` follows the document, else an ISO 639 code or BCP 47 tag (`de`, `pt-BR`). `instructions`
    are the operator's own and go into the system prompt as they are."""

    style: Style = "brief"
    language: str = FOLLOW_DOCUMENT
    instructions: str = ""

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise _wrong("style", f"one of {', '.join(STYLES)}")
        if self.language != FOLLOW_DOCUMENT and not _LANGUAGE.fullmatch(self.language):
            raise _wrong("language", f'"{FOLLOW_DOCUMENT}", or a code such as "en", "de" or "pt-BR"')
        if len(self.instructions) > MAX_INSTRUCTIONS:
            raise _wrong("instructions", f"at most {MAX_INSTRUCTIONS} characters")

    @property
    def language_rule(self) -> str:
        """The sentence that the prompt says about the language of the summary."""
        if self.language == FOLLOW_DOCUMENT:
            return "Write in the language of the document."
        return f"Write in {language_name(self.language)}, whatever the language of the document is."

    @property
    def suffix(self) -> str:
        """What these options add to a prompt's version; empty for the prompt as it is."""
        if self.language == FOLLOW_DOCUMENT and not self.instructions.strip():
            return ""
        return "+" + hashlib.sha256(f"{self.language}\0{self.instructions.strip()}".encode()).hexdigest()[:8]


class TenantOptions(Protocol):
    """What each tenant has chosen."""

    def options_of(self, tenant: str, default: SummaryOptions) -> SummaryOptions:
        """The tenant's own choices over `default`."""
        ...


def _wrong(field: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"/{field}: must be {remedy}.", errors=(FieldError(f"/{field}", remedy),))
