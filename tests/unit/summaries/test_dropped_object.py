"""What a key and an event say about a document."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from lambdas.shared.domain.document import DocumentState, may_enter, must_start, replaces
from lambdas.shared.domain.dropped_object import result_keys, sequencer_rank
from tests.fakes.documents import dropped, received, run_for

ODD_KEYS = (
    "inbox/acme/two words & more.txt",
    "inbox/acme/한국어 보고서.txt",
    "inbox/acme/a%2Fb+c.txt",
    "inbox/acme/🪨 quarry.txt",
    "inbox/acme/../up.txt",
)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_keep_their_name_and_have_an_identity(key: str) -> None:
    run = run_for(dropped(key))
    assert run.key == key
    assert len(run.document_id) == len("doc_") + 24
    assert len(run.execution) == 42 and run.execution.endswith("-1")
    assert result_keys("acme", run.document_id, key)[0] == f"summaries/{key.removeprefix('inbox/')}.summary.json"


def test_identity_is_of_the_key_and_the_execution_of_the_version() -> None:
    first, second = dropped(version="v1"), dropped(version="v2")
    assert first.document_id == second.document_id
    assert first.version_hash != second.version_hash
    assert first.document_id != dropped("inbox/acme/other.txt").document_id


def test_parts_of_an_identity_cannot_flow_into_each_other() -> None:
    assert dropped("inbox/ab", version="c").version_hash != dropped("inbox/a", version="bc").version_hash
    assert dropped("k").document_id == "doc_" + hashlib.sha256(b"documents\0k").hexdigest()[:24]


@pytest.mark.parametrize(
    ("key", "tenant"),
    [("inbox/acme/a.txt", "acme"), ("inbox/acme/b/c.txt", "acme"), ("inbox/a.txt", None), ("inbox//a.txt", None)],
)
def test_the_tenant_is_the_first_segment(key: str, tenant: str | None) -> None:
    assert dropped(key).named_tenant == tenant


@pytest.mark.parametrize(
    ("key", "expected"), [("inbox/acme/", False), ("inbox/", False), ("mail/a.txt", False), ("inbox/a.txt", True)]
)
def test_folder_markers_and_other_folders_hold_no_documents(key: str, expected: bool) -> None:
    assert dropped(key).is_document is expected


def test_a_stray_document_never_takes_the_place_of_a_filed_one() -> None:
    filed = result_keys("local", "doc_1", "inbox/local/nobody/a.txt")
    stray = result_keys("local", "doc_2", "inbox/nobody/a.txt")
    direct = result_keys("local", "doc_3", "inbox/a.txt")
    assert stray[0] == "summaries/local/_unfiled/nobody/a.txt.summary.json"
    assert direct[1] == "summaries/local/_unfiled/a.txt.summary.md"
    assert len({*filed, *stray, *direct}) == 6


def test_results_of_the_longest_keys_fit_into_s3_and_stay_apart() -> None:
    key = "inbox/acme/" + "한" * 337
    assert len(key.encode()) <= 1024
    keys = result_keys("acme", "doc_1", key)
    assert all(len(name.encode()) <= 1024 for name in keys)
    assert set(keys).isdisjoint(result_keys("acme", "doc_2", key))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("0055AED6DCD90281E5", "0055AED6DCD90281E6"),
        ("0055AED6DCD90281E5", "0055AED6DCD90281E51"),  # the shorter one is padded with zeros
        ("0055aed6dcd90281e5", "0055AED6DCD90281E6"),
        ("9", "A"),
        ("09", "1"),
    ],
)
def test_sequencers_order_events(older: str, newer: str) -> None:
    assert sequencer_rank(older) < sequencer_rank(newer)


def test_a_sequencer_and_its_padded_form_are_the_same_event() -> None:
    assert sequencer_rank("1A") == sequencer_rank("1a00")


def test_only_a_newer_version_takes_the_record_over() -> None:
    old, new = received(run_for(dropped(sequencer="01"))), received(run_for(dropped(version="v2", sequencer="02")))
    assert replaces(old, None) and replaces(new, old)
    assert not replaces(old, new) and not replaces(old, old)


def test_a_version_is_started_while_it_waits_and_never_again() -> None:
    waiting = received()
    assert must_start(waiting, waiting)
    other = received(run_for(dropped(version="v2")))
    assert not must_start(waiting, other)


@pytest.mark.parametrize(
    ("state", "standing", "allowed"),
    [
        (DocumentState.RUNNING, DocumentState.RECEIVED, True),
        (DocumentState.RUNNING, DocumentState.SUMMARIZED, False),
        (DocumentState.SUMMARIZED, DocumentState.RUNNING, True),
        (DocumentState.SUMMARIZED, DocumentState.FAILED, False),
        (DocumentState.FAILED, DocumentState.SUMMARIZED, False),
        (DocumentState.FAILED, DocumentState.RECEIVED, True),
    ],
)
def test_states_follow_each_other_in_one_direction(
    state: DocumentState, standing: DocumentState, allowed: bool
) -> None:
    run = run_for()
    document = replace(received(run), state=standing)
    assert may_enter(state, document, run.execution) is allowed
    assert not may_enter(state, document, "somebody-else-1")
    assert not may_enter(state, None, run.execution)
