"""A prompt from the catalogue: instructions, and a place for the material."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Protocol

_PARTS = re.compile(r"^--- system ---\n(?P<system>.*)^--- user ---\n(?P<user>.*)\Z", re.DOTALL | re.MULTILINE)
_PLACE = "{{document}}"
_LANGUAGE = "{{language}}"
_INSTRUCTIONS = "{{instructions}}\n"
_TAG = re.compile(r"<(?=\s*/?\s*(?:document|json_schema)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version` is the file's name without its ending, e.g. `summarize_brief.v1`."""

    version: str
    system: str
    user: str

    def user_message(self, document: str) -> str:
        """The user part with the document in its place; the document cannot close its own tags."""
        return self.user.replace(_PLACE, _TAG.sub("&lt;", document))

    def adapted(self, *, language_rule: str, instructions: str) -> Prompt:
        """The prompt with the rule for its language, and the operator's own instructions if there are any."""
        own = f"- Also follow these instructions of the operator: {' '.join(instructions.split())}\n"
        system = self.system.replace(_LANGUAGE, language_rule)
        return replace(self, system=system.replace(_INSTRUCTIONS, own if instructions.strip() else ""))


def parse_prompt(version: str, text: str) -> Prompt:
    """A prompt file: whatever stands above `--- system ---` is for its readers, then the system part, then the user
    part below `--- user ---`. Raises ValueError when a part or the document's place is missing."""
    parts = _PARTS.search(text.replace("\r\n", "\n"))
    if parts is None or parts["user"].count(_PLACE) != 1:
        raise ValueError(f"prompt {version} needs '--- system ---', '--- user ---' and one {_PLACE} in the user part")
    return Prompt(version, parts["system"].strip(), parts["user"].strip())


class PromptLibrary(Protocol):
    """Where prompts come from."""

    def load(self, version: str) -> Prompt:
        """Raises KeyError for a prompt that does not exist."""
        ...
