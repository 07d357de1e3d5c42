"""The seams themselves: they say so when moto has moved, and may be installed twice."""

from __future__ import annotations

import pytest

from local.cloud import seams
from local.cloud.seams.patching import SeamMovedError, provide, replace


class Upstream:
    @staticmethod
    def fixed():
        return "static"

    @classmethod
    def named(cls):
        return cls.__name__

    def plain(self):
        return "plain"


def test_a_moved_name_is_an_error_that_names_it():
    with pytest.raises(SeamMovedError, match=r"moto has moved Upstream\.gone"):
        replace(Upstream, "gone", lambda original: original)


def test_the_original_is_handed_over_and_the_kind_of_method_is_kept():
    owner = type("Owner", (Upstream,), dict(vars(Upstream)))
    replace(owner, "fixed", lambda original: lambda: original() + "!")
    replace(owner, "named", lambda original: lambda cls: original(cls) + "!")
    replace(owner, "plain", lambda original: lambda self: original(self) + "!")
    assert (owner.fixed(), owner.named(), owner().plain()) == ("static!", "Owner!", "plain!")


def test_what_a_later_moto_has_is_kept():
    owner = type("Owner", (), {"had": 1})
    provide(owner, "had", 2)
    provide(owner, "lacked", 3)
    assert (owner.had, owner.lacked) == (1, 3)


def test_installing_twice_changes_nothing(cloud):
    from moto.events.models import Rule

    before = Rule.send_to_targets
    seams.install_all()
    assert Rule.send_to_targets is before
