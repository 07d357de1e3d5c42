"""`keys create | list | disable | enable | rotate`: a key is shown once, when it is made; only its hash is stored."""

from __future__ import annotations

import argparse
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lambdas.shared.adapters.aws_clients import dynamodb
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.adapters.dynamodb_client_registry import DynamoDbClientRegistry
from lambdas.shared.domain.client import SCOPES, Client, ClientState, hash_key, is_well_formed_key
from lambdas.shared.services.client_keys import ClientKeys, KeyChoice
from ops.deployed_stacks import OpsError, stack_output
from ops.durations import duration

_DELAY = "In force once the authorizer's cached answers have expired (authorizer_cache_seconds, 60 as shipped)."


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the group `keys` to the command line."""
    commands = groups.add_parser("keys", help="API keys").add_subparsers(required=True, metavar="command")
    create = commands.add_parser("create", help="make a client and print its key, once")
    create.add_argument("--tenant", required=True, help="whose documents it shares")
    create.add_argument("--client", required=True, help="the client's name within the tenant")
    create.add_argument("--scopes", default="chat documents", help=f"of: {' '.join(sorted(SCOPES))}")
    create.add_argument("--expires-days", type=_positive, help="valid for so many days (default: until disabled)")
    create.add_argument("--key", help="use this key instead of a random one; repeating the command is harmless")
    create.set_defaults(run=_create)
    show = commands.add_parser("list", help="show all keys, by fingerprint")
    _add_choice(show)
    show.set_defaults(run=_list)
    for name, state in (("disable", "disabled"), ("enable", "active")):
        change = commands.add_parser(name, help=f"{name} one key, or all of a client's")
        _add_choice(change)
        change.set_defaults(run=_set_state, state=state)
    rotate = commands.add_parser("rotate", help="make a new key for a client; the old one expires after an overlap")
    _add_choice(rotate)
    rotate.add_argument("--overlap", type=duration, default="24h", help="both are valid for so long: 90m, 24h, 7d, 0h")
    rotate.set_defaults(run=_rotate)


def _add_choice(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tenant", help="only this tenant's")
    command.add_argument("--client", help="only this client's")
    command.add_argument("--fingerprint", type=_fingerprint, help="only this key, by its first digits in `keys list`")


def _create(options: argparse.Namespace) -> None:
    key = options.key or _new_key()
    if not is_well_formed_key(key):
        raise OpsError("a key is qk_ and 5 to 200 of these characters: A-Z a-z 0-9 _ -")
    days = options.expires_days
    now = datetime.now(UTC)
    client = Client(
        client_id=options.client,
        tenant=options.tenant,
        scopes=frozenset(options.scopes.replace(",", " ").split()),
        key_hash=hash_key(key),
        expires_at=now + timedelta(days=days) if days else None,
        created_at=now,
    )
    DynamoDbClientDirectory(dynamodb(), table=_table(options)).add(client)
    _print_new(client, key)


def _list(options: argparse.Namespace) -> None:
    _print_table(_keys(options).find(_choice(options)))


def _set_state(options: argparse.Namespace) -> None:
    choice = _choice(options)
    if choice.client is None and choice.fingerprint is None:
        raise OpsError("say which: --client, --fingerprint, or both")
    state: ClientState = options.state
    _print_table(_keys(options).set_state(choice, state))
    print(_DELAY)


def _rotate(options: argparse.Namespace) -> None:
    key = _new_key()
    old, new = _keys(options).rotate(_choice(options), key=key, overlap=options.overlap)
    _print_new(new, key)
    print(f"The old key {old.fingerprint} is valid until {_time(old.expires_at)}. Both work until then.")


def _keys(options: argparse.Namespace) -> ClientKeys:
    return ClientKeys(clients=DynamoDbClientRegistry(dynamodb(), table=_table(options)))


def _table(options: argparse.Namespace) -> str:
    return stack_output("ClientsTableName", stack_prefix=options.stack_prefix)


def _choice(options: argparse.Namespace) -> KeyChoice:
    return KeyChoice(tenant=options.tenant, client=options.client, fingerprint=options.fingerprint)


def _new_key() -> str:
    return f"qk_{secrets.token_urlsafe(32)}"


def _print_new(client: Client, key: str) -> None:
    print(f"Client {client.client_id} of tenant {client.tenant}, scopes: {' '.join(sorted(client.scopes)) or 'none'}")
    print(f"Valid until: {_time(client.expires_at)}" if client.expires_at else "Valid until disabled")
    print(f"Key (shown only now): {key}")


def _print_table(clients: Sequence[Client]) -> None:
    now = datetime.now(UTC)
    rows = [("TENANT", "CLIENT", "FINGERPRINT", "STATE", "VALID UNTIL", "CREATED", "SCOPES")]
    rows += [
        (
            each.tenant,
            each.client_id,
            each.fingerprint,
            each.standing(now),
            _time(each.expires_at, missing="disabled"),
            _time(each.created_at, missing="unknown"),
            " ".join(sorted(each.scopes)) or "none",
        )
        for each in clients
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _time(moment: datetime | None, *, missing: str = "") -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else missing


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 36_500:
        raise argparse.ArgumentTypeError("must be from 1 to 36500")
    return number


def _fingerprint(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{6,64}", text):
        raise argparse.ArgumentTypeError("is 6 or more hexadecimal digits, as `keys list` shows them")
    return text
