"""`keys create`: makes a client and prints its key, once; only the key's hash is stored."""

from __future__ import annotations

import argparse
import secrets
from datetime import UTC, datetime, timedelta

from lambdas.shared.adapters.aws_clients import dynamodb
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.domain.client import SCOPES, Client, hash_key, is_well_formed_key
from ops.deployed_stacks import OpsError, stack_output


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


def _create(options: argparse.Namespace) -> None:
    key = options.key or f"qk_{secrets.token_urlsafe(32)}"
    if not is_well_formed_key(key):
        raise OpsError("a key is qk_ and 5 to 200 of these characters: A-Z a-z 0-9 _ -")
    days = options.expires_days
    client = Client(
        client_id=options.client,
        tenant=options.tenant,
        scopes=frozenset(options.scopes.replace(",", " ").split()),
        key_hash=hash_key(key),
        expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
    )
    table = stack_output("ClientsTableName", stack_prefix=options.stack_prefix)
    DynamoDbClientDirectory(dynamodb(), table=table).add(client)
    print(f"Client {client.client_id} of tenant {client.tenant}, scopes: {' '.join(sorted(client.scopes)) or 'none'}")
    print(f"Valid until: {client.expires_at:%Y-%m-%d %H:%M} UTC" if client.expires_at else "Valid until disabled")
    print(f"Key (shown only now): {key}")


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 36_500:
        raise argparse.ArgumentTypeError("must be from 1 to 36500")
    return number
