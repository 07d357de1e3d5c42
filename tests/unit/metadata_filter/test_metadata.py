"""What may be attached to a vector."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.metadata import MAX_FILTERABLE_BYTES, MAX_KEYS, check_metadata


def test_strings_numbers_booleans_and_lists_of_strings_are_metadata() -> None:
    check_metadata({"a": "b", "n": 1, "x": 1.5, "yes": True, "tags": ["a", "b"]}, "/metadata")


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({"a": None}, "/metadata/a"),
        ({"a": {"b": 1}}, "/metadata/a"),
        ({"a": []}, "/metadata/a"),
        ({"a": ["x", 1]}, "/metadata/a"),
        ({"a": float("inf")}, "/metadata/a"),
        ({"tenant": "other"}, "/metadata/tenant"),
        ({"quarry_text": "x"}, "/metadata/quarry_text"),
        ({"$eq": 1}, "/metadata/$eq"),
        ({f"k{n}": 1 for n in range(MAX_KEYS + 1)}, "/metadata"),
        ({"a": "ü" * (MAX_FILTERABLE_BYTES // 2)}, "/metadata"),
    ],
)
def test_anything_else_is_refused_with_its_place(metadata: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_metadata(metadata, "/metadata")
    (field,) = caught.value.errors
    assert field.pointer == pointer
