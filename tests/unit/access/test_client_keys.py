"""Listing, disabling and rotating keys: what is meant, and what a rotation leaves valid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.shared.domain.client import Client, UnauthorizedError, hash_key
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.services.authorize_client import AuthorizeClient
from lambdas.shared.services.client_keys import ClientKeys, KeyChoice
from tests.fakes.clients import InMemoryClientDirectory

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHOP = KeyChoice(client="shop")


def client(key: str, *, tenant: str = "acme", name: str = "shop", expires_at: datetime | None = None) -> Client:
    return Client(
        client_id=name, tenant=tenant, scopes=frozenset({"chat"}), key_hash=hash_key(key), expires_at=expires_at
    )


class House:
    """Keys and the authorizer over the same clients, at a time that tests move."""

    def __init__(self, *clients: Client) -> None:
        self.now = NOW
        directory = InMemoryClientDirectory(*clients)
        self.keys = ClientKeys(clients=directory, now=lambda: self.now)
        self._authorize = AuthorizeClient(clients=directory, now=lambda: self.now)

    def lets_in(self, key: str) -> bool:
        try:
            self._authorize.authorize(f"Bearer {key}")
        except UnauthorizedError:
            return False
        return True


class TestRotate:
    def test_both_keys_work_during_the_overlap_and_only_the_new_one_after_it(self) -> None:
        house = House(client("qk_before"))
        house.keys.rotate(SHOP, key="qk_after", overlap=24 * HOUR)
        assert house.lets_in("qk_before") and house.lets_in("qk_after")
        house.now = NOW + 24 * HOUR - timedelta(seconds=1)
        assert house.lets_in("qk_before") and house.lets_in("qk_after")
        house.now = NOW + 24 * HOUR
        assert not house.lets_in("qk_before") and house.lets_in("qk_after")

    def test_without_overlap_the_old_key_ends_at_once(self) -> None:
        house = House(client("qk_before"))
        house.keys.rotate(SHOP, key="qk_after", overlap=timedelta())
        assert not house.lets_in("qk_before") and house.lets_in("qk_after")

    def test_grants_nothing_neither_scopes_nor_time(self) -> None:
        ending = NOW + HOUR
        house = House(client("qk_before", expires_at=ending))
        old, new = house.keys.rotate(SHOP, key="qk_after", overlap=24 * HOUR)
        assert (new.scopes, new.expires_at, old.expires_at) == (old.scopes, ending, ending)
        assert new.created_at == NOW

    def test_a_second_rotation_wants_to_know_which_of_two_valid_keys(self) -> None:
        house = House(client("qk_before"))
        _, second = house.keys.rotate(SHOP, key="qk_after", overlap=24 * HOUR)
        with pytest.raises(InvalidInputError, match=second.fingerprint):
            house.keys.rotate(SHOP, key="qk_later", overlap=HOUR)
        house.keys.rotate(KeyChoice(fingerprint=second.fingerprint), key="qk_later", overlap=HOUR)
        assert house.lets_in("qk_later")
        house.now = NOW + 25 * HOUR
        assert not house.lets_in("qk_after")

    def test_a_disabled_or_expired_key_is_not_revived(self) -> None:
        house = House(replace(client("qk_off"), state="disabled"), client("qk_over", expires_at=NOW))
        with pytest.raises(InvalidInputError, match="found none"):
            house.keys.rotate(SHOP, key="qk_after", overlap=HOUR)
        assert not house.lets_in("qk_after")


class TestSetState:
    def test_takes_all_keys_of_a_client_and_gives_them_back(self) -> None:
        house = House(client("qk_first_key"), client("qk_second_key"), client("qk_app_key", name="app"))
        assert len(house.keys.set_state(SHOP, "disabled")) == 2
        assert [house.lets_in(key) for key in ("qk_first_key", "qk_second_key", "qk_app_key")] == [False, False, True]
        house.keys.set_state(SHOP, "active")
        assert house.lets_in("qk_first_key")

    def test_takes_one_key_by_the_beginning_of_its_fingerprint(self) -> None:
        house = House(client("qk_first_key"), client("qk_second_key"))
        house.keys.set_state(KeyChoice(fingerprint=hash_key("qk_first_key")[:6].upper()), "disabled")
        assert not house.lets_in("qk_first_key") and house.lets_in("qk_second_key")

    def test_touches_nothing_where_clients_of_two_tenants_share_a_name(self) -> None:
        house = House(client("qk_first_key"), client("qk_second_key", tenant="rival"))
        with pytest.raises(InvalidInputError, match="several clients"):
            house.keys.set_state(SHOP, "disabled")
        assert house.lets_in("qk_first_key") and house.lets_in("qk_second_key")
        house.keys.set_state(KeyChoice(tenant="rival", client="shop"), "disabled")
        assert house.lets_in("qk_first_key") and not house.lets_in("qk_second_key")

    def test_says_that_there_is_no_such_key(self) -> None:
        with pytest.raises(NotFoundError):
            House().keys.set_state(SHOP, "disabled")


def test_lists_by_tenant_client_and_age() -> None:
    old, new = (replace(client(f"qk_{day}key"), created_at=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2))
    ancient, other = client("qk_ancient"), client("qk_other", tenant="aaa")
    assert House(new, other, old, ancient).keys.find(KeyChoice()) == [other, ancient, old, new]
    assert House(new, other).keys.find(KeyChoice(tenant="nobody")) == []
