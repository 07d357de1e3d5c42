"""Vectors on the wire: short, and the same float32 whichever way they are written."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.embeddings.vector_json import check_answer_size, encoded
from lambdas.shared.domain.errors import TooLargeError


def float32(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_every_float32_survives_both_ways(values: list[float]) -> None:
    (numbers,) = json.loads(encoded([values], "float"))
    assert [float32(number) for number in numbers] == values
    (text,) = json.loads(encoded([values], "base64"))
    assert list(struct.unpack(f"<{len(values)}f", base64.b64decode(text))) == values


def test_numbers_are_short() -> None:
    widened = float32(0.0123456789)
    assert len(repr(widened)) > 16
    assert encoded([[widened, 1.0, 0.0213623, -0.5]], "float") == b"[[0.0123456791,1,0.0213623,-0.5]]"


def test_many_vectors_stay_in_order() -> None:
    assert json.loads(encoded([[1, 2], [3, 4]], "float")) == [[1, 2], [3, 4]]
    first, second = json.loads(encoded([[1, 2], [3, 4]], "base64"))
    assert (struct.unpack("<2f", base64.b64decode(first)), struct.unpack("<2f", base64.b64decode(second))) == (
        (1, 2),
        (3, 4),
    )


class TestSize:
    def test_two_thousand_vectors_can_be_streamed(self) -> None:
        check_answer_size(2_048, 1_536, "float", streamed=True)
        check_answer_size(2_048, 3_072, "base64", streamed=True)

    @pytest.mark.parametrize(("how", "streamed", "dimensions"), [("float", True, 3_072), ("base64", False, 1_024)])
    def test_more_is_refused_with_the_remedy(self, how: str, streamed: bool, dimensions: int) -> None:
        with pytest.raises(TooLargeError, match="send fewer texts at once") as raised:
            check_answer_size(2_048, dimensions, how, streamed=streamed)  # type: ignore[arg-type]
        assert ("base64" in str(raised.value)) == (how == "float")

    def test_no_answer_is_larger_than_was_reckoned(self) -> None:
        """Of vectors of length 1, which all providers make, whatever is asked for."""
        import numpy as np

        rows = np.random.default_rng(1).normal(size=(20, 256)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        assert len(encoded(rows.tolist(), "float")) <= 20 * 256 * 14
