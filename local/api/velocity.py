"""The little of the Velocity language that CORS preflight templates use: #set, #if ... #end, `==`, `.matches()`, `||`.

CDK writes such a template when several origins are allowed, to echo the one that asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.api.messages import ApiRequest

_DIRECTIVE = re.compile(r"#(set|if)\s*\(|#(end)")
_ASSIGNMENT = re.compile(r"\s*\$(?P<name>[\w.!-]+)\s*=\s*(?P<value>.+?)\s*$", re.DOTALL)
_HEADER_OVERRIDE = "context.responseOverride.header."


class UnsupportedTemplateError(Exception):
    """The template uses more of Velocity than is emulated here."""


@dataclass(slots=True)
class Rendered:
    """The text that is left, with `$context` variables still in it, and the headers that the template sets."""

    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def render(template: str, request: ApiRequest) -> Rendered:
    """Raises `UnsupportedTemplateError` for expressions beyond the subset."""
    variables: dict[str, str] = {}
    rendered, parts, conditions = Rendered(), [], [True]
    for directive, argument in _tokens(template):
        if directive == "if":
            conditions.append(conditions[-1] and _condition(argument, variables, request))
        elif directive == "end":
            if len(conditions) == 1:
                raise UnsupportedTemplateError("#end without #if")
            conditions.pop()
        elif not conditions[-1]:
            continue
        elif directive == "set":
            _assign(argument, variables, rendered, request)
        else:
            parts.append(argument)
    rendered.text = "".join(parts).strip()
    return rendered


def _tokens(template: str) -> Iterator[tuple[str, str]]:
    position = 0
    while found := _DIRECTIVE.search(template, position):
        yield "text", template[position : found.start()]
        position = found.end()
        if found[2]:
            yield "end", ""
        else:
            end = _closing(template, position)
            yield found[1], template[position:end]
            position = end + 1
    yield "text", template[position:]


def _closing(template: str, position: int) -> int:
    depth, quoted = 1, False
    for index in range(position, len(template)):
        character = template[index]
        if character == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0:
                return index
    raise UnsupportedTemplateError("a parenthesis is not closed")


def _assign(argument: str, variables: dict[str, str], rendered: Rendered, request: ApiRequest) -> None:
    found = _ASSIGNMENT.match(argument)
    if found is None:
        raise UnsupportedTemplateError(f"#set({argument})")
    value = _value(found["value"], variables, request)
    if found["name"].startswith(_HEADER_OVERRIDE):
        rendered.headers[found["name"].removeprefix(_HEADER_OVERRIDE)] = value
    else:
        variables[found["name"]] = value


def _condition(argument: str, variables: dict[str, str], request: ApiRequest) -> bool:
    return any(_term(term.strip(), variables, request) for term in argument.split("||"))


def _term(term: str, variables: dict[str, str], request: ApiRequest) -> bool:
    if found := re.fullmatch(r'(\$\w+)\.matches\("(.*)"\)', term):
        return re.fullmatch(found[2], _value(found[1], variables, request)) is not None
    left, equals, right = term.partition("==")
    if not equals:
        raise UnsupportedTemplateError(f"#if({term})")
    return _value(left.strip(), variables, request) == _value(right.strip(), variables, request)


def _value(expression: str, variables: dict[str, str], request: ApiRequest) -> str:
    if found := re.fullmatch(r'"([^"]*)"', expression):
        return found[1]
    if found := re.fullmatch(r"\$input\.params\(['\"]([\w-]+)['\"]\)", expression):
        return request.header(found[1]) or ""
    if found := re.fullmatch(r"\$(\w+)", expression):
        return variables.get(found[1], "")
    raise UnsupportedTemplateError(expression)
