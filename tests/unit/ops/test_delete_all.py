"""Deleting leftovers: all of them, nothing else, and no further than the account allows."""

from __future__ import annotations

import pytest
from botocore.exceptions import WaiterError

from ops.deployed_stacks import OpsError
from ops.purge import delete_all
from tests.unit.ops.shelf import InMemoryKind, inventory, leftover, refusal


def delete(kind: InMemoryKind, *names: str) -> None:
    delete_all("Quarry", inventory(*(leftover(kind, name) for name in names)))


def test_deletes_everything_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    kind = InMemoryKind({"a": "Quarry", "b": "Quarry"})
    delete(kind, "a", "b")
    assert kind.things == {}
    assert capsys.readouterr().out.splitlines() == ["deleted thing a", "deleted thing b", "nothing remains"]


def test_goes_on_after_a_failure_and_lists_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    stuck = {
        "a": refusal("AccessDenied"),
        "b": WaiterError(name="TableExists", reason="Max attempts exceeded", last_response={}),
        "c": OpsError("7 of 1000 objects cannot be deleted"),
    }
    kind = InMemoryKind(dict.fromkeys("abcd", "Quarry"), stuck=stuck)
    with pytest.raises(OpsError) as failure:
        delete(kind, *"abcd")
    first, *rest = str(failure.value).splitlines()
    assert first == "3 of 4 are left:"
    assert [line.split(":")[0].strip() for line in rest] == ["thing a", "thing b", "thing c"]
    assert "AccessDenied" in rest[0] and "Max attempts" in rest[1] and "7 of 1000" in rest[2]
    assert sorted(kind.things) == ["a", "b", "c"]
    assert capsys.readouterr().out == "deleted thing d\n"


@pytest.mark.parametrize("tag", ["", "Quarry-Two", "quarry"])
def test_what_the_resource_itself_does_not_call_ours_stays(tag: str) -> None:
    """The tag index lags: a tag that was taken off a second ago is still in it."""
    kind = InMemoryKind({"a": tag})
    with pytest.raises(OpsError, match="does not carry the tag quarry:deployment=Quarry"):
        delete(kind, "a")
    assert kind.things == {"a": tag}


def test_what_somebody_else_has_just_deleted_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    delete(InMemoryKind({}), "a")
    assert capsys.readouterr().out.endswith("nothing remains\n")
