"""A guardrail's configuration, read from the properties that were deployed (CloudFormation's or the API's names)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Source = Literal["INPUT", "OUTPUT"]
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a finding in what comes in and goes out: BLOCK, ANONYMIZE, NONE (only told); None = not looked
    for."""

    incoming: str | None
    outgoing: str | None

    def action(self, source: Source) -> str | None:
        """The action for one direction."""
        return self.incoming if source == "INPUT" else self.outgoing


@dataclass(frozen=True, slots=True)
class Topic:
    """A denied topic."""

    name: str
    definition: str
    examples: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """One kind of harmful content, with a strength for each direction."""

    kind: str
    incoming: str
    outgoing: str
    rule: Rule

    def strength(self, source: Source) -> str:
        """NONE, LOW, MEDIUM or HIGH."""
        return self.incoming if source == "INPUT" else self.outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of one guardrail."""

    guardrail_id: str
    arn: str
    version: str
    blocked_input: str
    blocked_output: str
    words: tuple[tuple[str, Rule], ...] = ()
    profanity: Rule | None = None
    pii: tuple[tuple[str, Rule], ...] = ()
    regexes: tuple[tuple[str, str, Rule], ...] = ()
    topics: tuple[Topic, ...] = ()
    filters: tuple[ContentFilter, ...] = ()
    grounding: tuple[tuple[str, float, Rule], ...] = ()


def read_policy(properties: Given, *, guardrail_id: str, arn: str, version: str) -> Policy:
    """`properties`: of `AWS::Bedrock::Guardrail`, or the parameters of CreateGuardrail."""
    given = _plain(properties)
    words = given.get("wordPolicyConfig") or {}
    sensitive = given.get("sensitiveInformationPolicyConfig") or {}
    managed = [_rule(item, "BLOCK") for item in words.get("managedWordListsConfig") or ()]
    return Policy(
        guardrail_id=guardrail_id,
        arn=arn,
        version=version,
        blocked_input=str(given.get("blockedInputMessaging", "")),
        blocked_output=str(given.get("blockedOutputsMessaging", "")),
        words=tuple((item["text"], _rule(item, "BLOCK")) for item in words.get("wordsConfig") or ()),
        profanity=managed[0] if managed else None,
        pii=tuple(
            (item["type"], _rule(item, item.get("action", "BLOCK")))
            for item in sensitive.get("piiEntitiesConfig") or ()
        ),
        regexes=tuple(
            (item["name"], item["pattern"], _rule(item, item.get("action", "BLOCK")))
            for item in sensitive.get("regexesConfig") or ()
        ),
        topics=tuple(_topics(given)),
        filters=tuple(_filters(given)),
        grounding=tuple(_grounding(given)),
    )


def _topics(given: Given) -> Iterator[Topic]:
    for item in (given.get("topicPolicyConfig") or {}).get("topicsConfig") or ():
        yield Topic(item["name"], item["definition"], tuple(item.get("examples") or ()), _rule(item, "BLOCK"))


def _filters(given: Given) -> Iterator[ContentFilter]:
    for item in (given.get("contentPolicyConfig") or {}).get("filtersConfig") or ():
        yield ContentFilter(item["type"], item["inputStrength"], item["outputStrength"], _rule(item, "BLOCK"))


def _grounding(given: Given) -> Iterator[tuple[str, float, Rule]]:
    for item in (given.get("contextualGroundingPolicyConfig") or {}).get("filtersConfig") or ():
        action = item.get("action", "BLOCK") if _is_on(item.get("enabled", True)) else None
        yield item["type"], float(item["threshold"]), Rule(None, action)


def _rule(item: Given, default: str) -> Rule:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GuardrailPiiEntityConfig.html: an action for one
    direction goes before the common one; what is not enabled is not looked for."""

    def action(direction: str) -> str | None:
        return item.get(f"{direction}Action", default) if _is_on(item.get(f"{direction}Enabled", True)) else None

    return Rule(action("input"), action("output"))


def _is_on(value: object) -> bool:
    return str(value).lower() != "false"


def _plain(value: Any) -> Any:
    """CloudFormation's names in the API's spelling: first letters lowered."""
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
