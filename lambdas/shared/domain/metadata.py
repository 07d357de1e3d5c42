"""What callers may attach to a vector: keys and values that every store keeps, and the keys that are Quarry's own."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache

from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.metadata_filter import MetadataValue

Metadata = Mapping[str, MetadataValue | list[str]]

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
MAX_KEYS = 48  # of 50; two are ours
MAX_KEY_CHARACTERS = 63
MAX_FILTERABLE_BYTES = 2048
_MAX_INTEGER = 2**63

RESERVED_PREFIXES = ("quarry_", "amazon_bedrock_", "x-amz-bedrock-")
RESERVED_KEYS = frozenset({"tenant"})


@lru_cache(maxsize=1024)
def is_reserved(key: str) -> bool:
    """Keys that hold the tenant, the text and what Bedrock adds; nobody may set them or ask for them."""
    name = key.casefold()
    return name in RESERVED_KEYS or name.startswith(RESERVED_PREFIXES)


def key_problem(key: str) -> str | None:
    """Why `key` is no key of a caller's metadata; None where it is one."""
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        return f"keys have 1 to {MAX_KEY_CHARACTERS} characters"
    if key.startswith("$"):
        return "keys do not begin with $, which marks operators"
    if is_reserved(key):
        return f"this key is reserved ({', '.join(sorted(RESERVED_KEYS))}, {'..., '.join(RESERVED_PREFIXES)}...)"
    return None


def value_problem(value: object) -> str | None:
    """Why `value` is no single value of metadata; None where it is one."""
    if isinstance(value, str):  # no longer one can be there to be found
        return None if len(value) <= MAX_FILTERABLE_BYTES else f"texts have at most {MAX_FILTERABLE_BYTES:,} characters"
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if -_MAX_INTEGER <= value < _MAX_INTEGER else "numbers fit into 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else "numbers are finite"
    return "must be a string, a number or a boolean"


def check_metadata(metadata: Mapping[str, object], pointer: str) -> None:
    """Raises InvalidInputError with the JSON pointer of the first bad field; `pointer` is that of the metadata."""
    if len(metadata) > MAX_KEYS:
        raise refused(pointer, f"at most {MAX_KEYS} keys")
    for key, value in metadata.items():
        at = pointer_to(pointer, key)
        if problem := key_problem(key):
            raise refused(at, problem)
        if isinstance(value, list):
            if not value or not all(isinstance(each, str) for each in value):
                raise refused(at, "a list holds one string or more, and nothing else")
        elif problem := value_problem(value):
            raise refused(at, problem + ", or a list of strings" if problem.startswith("must") else problem)
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_FILTERABLE_BYTES:
        raise refused(pointer, f"at most {MAX_FILTERABLE_BYTES:,} bytes as JSON, these are {size:,}")


def refused(pointer: str, remedy: str) -> InvalidInputError:
    """The error for one bad field."""
    return InvalidInputError(f"{pointer}: {remedy}.", errors=(FieldError(pointer, remedy),))


def pointer_to(pointer: str, step: str | int) -> str:
    """The JSON pointer of a member (RFC 6901)."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
