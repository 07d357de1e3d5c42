"""The event that a function gets for a batch, and how its partial answers are read."""

from __future__ import annotations

import json

import pytest

from local.cloud.sqs_records import failed_ids

IDS = ["a", "b", "c"]


def failures(*identifiers):
    return json.dumps({"batchItemFailures": [{"itemIdentifier": name} for name in identifiers]}).encode()


@pytest.mark.parametrize(
    "answer", [b"", b"null", b"{}", b"[]", b'{"batchItemFailures": []}', b'{"other": 1}', b'"text"']
)
def test_nothing_reported_means_success(answer):
    assert failed_ids(answer, IDS) == frozenset()


def test_only_the_reported_messages_have_failed():
    assert failed_ids(failures("b"), IDS) == {"b"}


@pytest.mark.parametrize(
    "answer",
    [
        b"not json",
        failures("a", "unknown"),
        failures(""),
        failures(None),
        b'{"batchItemFailures": [{"wrong": "a"}]}',
        b'{"batchItemFailures": "a"}',
        b'{"batchItemFailures": ["a"]}',
    ],
)
def test_an_answer_that_cannot_be_trusted_fails_the_whole_batch(answer):
    assert failed_ids(answer, IDS) == frozenset(IDS)
