"""The sensitive information policy: types of personal data, and the deployment's own expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from local.bedrock.guardrails.findings import Finding
from local.bedrock.guardrails.pii_patterns import find_pii
from local.bedrock.guardrails.policy import Policy, Source

_POLICY = "sensitiveInformationPolicy"


def find_sensitive(policy: Policy, source: Source, text: str) -> Iterator[Finding]:
    """Every place; anonymized ones are replaced by the type or the expression's name in braces, as AWS does."""
    for kind, rule in policy.pii:
        action = rule.action(source)
        for start, end in find_pii(kind, text) if action else ():
            entry = {"match": text[start:end], "type": kind}
            yield Finding(_POLICY, "piiEntities", entry, str(action), span=(start, end), mask=f"{{{kind}}}")
    for name, pattern, rule in policy.regexes:
        action = rule.action(source)
        for match in _compiled(pattern).finditer(text) if action else ():
            if match[0]:
                entry = {"name": name, "match": match[0], "regex": pattern}
                yield Finding(_POLICY, "regexes", entry, str(action), span=match.span(), mask=f"{{{name}}}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """An expression that Python does not know finds nothing: AWS refuses such ones when they are created."""
    try:
        return re.compile(pattern)
    except re.error:
        return re.compile(r"(?!)")
