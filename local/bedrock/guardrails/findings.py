"""What a check finds in a text, in the words of the service's assessments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_DONE = {"BLOCK": "BLOCKED", "ANONYMIZE": "ANONYMIZED", "NONE": "NONE"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`policy` and `group`: its place in an assessment, e.g. `wordPolicy`, `customWords`; `entry`: its members there;
    `span` and `mask`: where text is replaced, and by what."""

    policy: str
    group: str
    entry: Mapping[str, Any]
    rule_action: str
    detected: bool = True
    span: tuple[int, int] | None = None
    mask: str = field(default="")

    @property
    def action(self) -> str:
        """BLOCKED, ANONYMIZED or NONE."""
        return _DONE[self.rule_action] if self.detected else "NONE"

    @property
    def written(self) -> dict[str, Any]:
        """As it stands in an assessment."""
        return {**self.entry, "action": self.action, "detected": self.detected}


def masked(text: str, findings: list[Finding]) -> str:
    """The text with every anonymized span replaced; of spans that overlap the earlier and longer one counts."""
    spans = [(each.span, each.mask) for each in findings if each.span and each.action == "ANONYMIZED"]
    pieces: list[str] = []
    end = 0
    for (start, stop), mask in sorted(spans, key=lambda item: (item[0][0], -item[0][1])):
        if start >= end:
            pieces += [text[end:start], mask]
            end = stop
    return "".join([*pieces, text[end:]])
