"""Bodies that cannot be understood are answered with a pointer and a remedy."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.runtime.request_body import decode_json


class Item(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: Literal["small", "large"] | None = None


class Parameters(msgspec.Struct, forbid_unknown_fields=True):
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop: Annotated[tuple[Annotated[str, Meta(pattern=r"\S")], ...], Meta(max_length=2)] = ()


class Body(msgspec.Struct, forbid_unknown_fields=True):
    message: str
    parameters: Parameters | None = None
    items: list[Item] = []


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        (b"{}", "/message", "required"),
        (b'{"message": 1}', "/message", "expected `str`, got `int`"),
        (b'{"message": "a", "massage": "b"}', "/massage", "known here: items, message, parameters"),
        (b'{"message": "a", "a/b~c": 1}', "/a~1b~0c", "unknown field"),
        (b'{"message": "a", "parameters": {"temp": 1}}', "/parameters/temp", "known here: stop, temperature"),
        (b'{"message": "a", "parameters": {"temperature": 3}}', "/parameters/temperature", "<= 1.0"),
        (b'{"message": "a", "parameters": {"temperature": "1"}}', "/parameters/temperature", "expected `float | null`"),
        (b'{"message": "a", "parameters": {"temperature": 1e999}}', "/parameters/temperature", "out of range"),
        (b'{"message": "a", "parameters": {"stop": ["x", " "]}}', "/parameters/stop/1", "must not be blank"),
        (b'{"message": "a", "parameters": {"stop": ["x", "y", "z"]}}', "/parameters/stop", "length <= 2"),
        (b'{"message": "a", "items": [{"name": "x"}, {"nom": "y"}]}', "/items/1/nom", "known here: name, size"),
        (b'{"message": "a", "items": [{"name": "x", "size": "big"}]}', "/items/0/size", "use one of: small, large"),
    ],
)
def test_a_bad_field_is_pointed_at(body: bytes, pointer: str, says: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        decode_json(body, Body)
    (error,) = refused.value.errors
    assert error.pointer == pointer
    assert says in error.detail
    assert pointer in str(refused.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no body"),
        (b"  \n", "no body"),
        (b"{", "not valid JSON"),
        (b"message=hello", "not valid JSON"),
        (b'{"message": "a"} {"message": "b"}', "not valid JSON"),
        (b'{"message": "a", "parameters": {"temperature": NaN}}', "not valid JSON"),
        (b'{"message": "\\ud800"}', "not valid JSON"),
        (b'{"message": "\xff"}', "not valid UTF-8"),
        (b"\xff\xfe{\x00}\x00", "not valid UTF-8"),
        (b"[]", "expected `object`, got `array`"),
        (b"null", "expected `object`, got `null`"),
        (b'"text"', "expected `object`, got `str`"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        decode_json(body, Body)
    assert says in str(refused.value)


def test_a_good_body_is_decoded() -> None:
    body = '{"message": "한국어", "parameters": {"temperature": 1}}'.encode()
    assert decode_json(body, Body) == Body("한국어", Parameters(1.0))


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_body_escapes_as_another_error(body: bytes) -> None:
    try:
        decode_json(body, Body)
    except InvalidInputError as refused:
        assert str(refused)


def test_a_body_nested_without_end_is_refused() -> None:
    class Anything(msgspec.Struct):
        filter: object

    levels = 2 * sys.getrecursionlimit()
    with pytest.raises(InvalidInputError, match="too deeply"):
        decode_json(b'{"filter": ' + b"[" * levels + b"]" * levels + b"}", Anything)
