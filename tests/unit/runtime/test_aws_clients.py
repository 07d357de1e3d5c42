"""Which clients look at their parameters before they send anything."""

from __future__ import annotations

import pytest
from botocore.exceptions import ParamValidationError

from lambdas.shared.adapters import aws_clients


@pytest.mark.parametrize("operation", ["delete_object", "put_object"])
def test_an_empty_key_never_becomes_a_request_for_the_whole_bucket(operation: str) -> None:
    client = aws_clients.s3.__wrapped__()  # one that no other test gets
    with pytest.raises(ParamValidationError):
        getattr(client, operation)(Bucket="documents", Key="")
