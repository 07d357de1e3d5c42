"""`webhook-key`: sets the key that the notifications' web address wants; it is in no template and no shell history."""

from __future__ import annotations

import argparse
import getpass
import sys

import boto3

from ops.deployed_stacks import OpsError, stack_output


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `webhook-key` to the command line."""
    command = groups.add_parser(
        "webhook-key", help="set the key that summaries_notifications.webhook_url wants (asked for, or from a pipe)"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    name = stack_output("WebhookConnectionName", stack_prefix=options.stack_prefix)
    key = getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not key:
        raise OpsError("no key was given")
    events = boto3.client("events")
    header = events.describe_connection(Name=name)["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyName"]
    events.update_connection(
        Name=name,
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": header, "ApiKeyValue": key}},
    )
    print(f"set: calls carry it in the header {header}")
