"""Only a known, active, unexpired key gets in, and nobody learns why another one does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.shared.domain.client import Client, UnauthorizedError, hash_key, is_well_formed_key
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.services.authorize_client import AuthorizeClient
from tests.fakes.clients import InMemoryClientDirectory

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CLIENT = Client(client_id="shop", tenant="acme", scopes=frozenset({"chat"}), key_hash=hash_key("qk_secret"))


def authorize(authorization: str, client: Client = CLIENT) -> Client:
    return AuthorizeClient(clients=InMemoryClientDirectory(client), now=lambda: NOW).authorize(authorization)


def test_a_good_key_is_its_client() -> None:
    assert authorize("Bearer qk_secret") == CLIENT


def test_a_key_is_good_until_it_expires() -> None:
    assert authorize("Bearer qk_secret", replace(CLIENT, expires_at=NOW + timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("authorization", "client", "reason"),
    [
        ("Bearer qk_other", CLIENT, "unknown"),
        ("Bearer qk_secret", replace(CLIENT, state="disabled"), "disabled"),
        ("Bearer qk_secret", replace(CLIENT, expires_at=NOW), "expired"),
        ("Bearer qk_secret", replace(CLIENT, expires_at=NOW - timedelta(days=9)), "expired"),
    ],
)
def test_a_bad_key_is_refused(authorization: str, client: Client, reason: str) -> None:
    with pytest.raises(UnauthorizedError, match=reason):
        authorize(authorization, client)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "qk_secret",
        "Bearer",
        "Bearer ",
        "bearer qk_secret",
        "Basic qk_secret",
        "Bearer  qk_secret",
        "Bearer qk_secret ",
        "Bearer qk_secret\n",
        "Bearer qk_",
        "Bearer qk_abcd",
        "Bearer qk_ab#cd",
        "Bearer eyJhbGciOi.e30.x",
        "Bearer qk_" + "x" * 5000,
        "Bearer qk_ключики",
    ],
)
def test_a_malformed_key_is_refused_without_a_lookup(authorization: str) -> None:
    clients = InMemoryClientDirectory(CLIENT)
    with pytest.raises(UnauthorizedError, match="malformed"):
        AuthorizeClient(clients=clients).authorize(authorization)
    assert clients.lookups == 0


def test_the_local_key_is_well_formed() -> None:
    assert is_well_formed_key("qk_local")


def test_a_hash_is_sha_256_in_hex() -> None:
    assert hash_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("name", ["", "a#b", "a/b", "../x", ".hidden", "a b", "x" * 65, "naïve", "a\n"])
def test_names_cannot_reach_into_anothers_keys(name: str) -> None:
    for field in ("client_id", "tenant"):
        with pytest.raises(InvalidInputError):
            replace(CLIENT, **{field: name})


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="everything"):
        replace(CLIENT, scopes=frozenset({"chat", "everything"}))
