"""Vectors on the wire: numbers as short as a float32 allows, or base64 of little-endian float32."""

from __future__ import annotations

import sys
from array import array
from binascii import b2a_base64
from collections.abc import Sequence
from typing import Literal

from lambdas.shared.domain.errors import TooLargeError

EncodingFormat = Literal["float", "base64"]
# Lambda hands out up to 200 MB of a stream, at 2 MB a second past the first six; whole answers end at 6 MB.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
MOST_STREAMED_BYTES = 50_000_000
MOST_WHOLE_BYTES = 5_500_000
# Nine digits, a sign, a point, an exponent and a comma; vectors of length 1 need less than that on average.
_BYTES_OF_A_NUMBER = 14


def encoded(vectors: Sequence[Sequence[float]], how: EncodingFormat) -> bytes:
    """A JSON array with one element for each vector."""
    return _numbers(vectors) if how == "float" else _base64(vectors)


def check_answer_size(count: int, dimensions: int, how: EncodingFormat, *, streamed: bool) -> None:
    """Raises TooLargeError, before anything is paid for, where the answer would be larger than can be sent."""
    size = count * (dimensions * _BYTES_OF_A_NUMBER if how == "float" else dimensions * 16 // 3)
    most = MOST_STREAMED_BYTES if streamed else MOST_WHOLE_BYTES
    if size > most:
        remedy = "ask for fewer dimensions" + (" or encoding_format base64" if how == "float" else "")
        raise TooLargeError(
            f"/input: {count:,} vectors of {dimensions:,} dimensions are an answer of about {size / 1e6:,.0f} MB, and "
            f"at most {most / 1e6:g} MB can be sent; send fewer texts at once, {remedy}.",
        )


def _numbers(vectors: Sequence[Sequence[float]]) -> bytes:
    """Nine digits bring every float32 back; what a provider wrote with fewer stays as it was."""
    template = f"[{','.join(['%.9g'] * len(vectors[0]))}]"
    return f"[{','.join([template % tuple(vector) for vector in vectors])}]".encode()


def _base64(vectors: Sequence[Sequence[float]]) -> bytes:
    return b'["' + b'","'.join([_base64_of(vector) for vector in vectors]) + b'"]'


def _base64_of(vector: Sequence[float]) -> bytes:
    values = array("f", vector)
    if sys.byteorder == "big":
        values.byteswap()
    return b2a_base64(values.tobytes(), newline=False)
