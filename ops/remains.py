"""`remains`: what a deployment has stored in the account, and what it costs a month, also when its stacks are gone."""

from __future__ import annotations

import argparse
from dataclasses import replace

from botocore.exceptions import ClientError

from ops.deployment_name import configured_name
from ops.leftovers import inventory, report
from ops.leftovers.inventory import Inventory, Leftover
from ops.leftovers.vector_buckets import VectorBuckets
from ops.purge import delete

RETENTION_TAG = "quarry:retention"


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `remains` to the command line."""
    remains = groups.add_parser("remains", help="list what a deployment keeps stored, and its monthly cost")
    remains.add_argument("--name", help="the deployment (default: `name` in the settings of cdk.json)")
    remains.add_argument(
        "--finish-destroy",
        action="store_true",
        help="delete the vector buckets of a destroyed deployment that was to keep nothing: CloudFormation cannot",
    )
    remains.set_defaults(run=_remains)


def _remains(options: argparse.Namespace) -> None:
    name = options.name or configured_name()
    found = inventory.take(name, inventory.session())
    if options.finish_destroy and not found.stacks:
        found = _without_doomed(name, found)
    print(f"Deployment {name} in {found.region}:")
    for line in report.lines(found):
        print(line)
    if found.stacks:
        print(f"in use: the stacks {', '.join(found.stacks)} still exist")
    elif found.leftovers:
        print(f"to delete it for good: python -m ops purge --name {name} --yes-delete-data")


def _without_doomed(name: str, found: Inventory) -> Inventory:
    """Delete what is tagged to go with its deployment; what could not be deleted is still there, with its reason."""
    kept = []
    for each in found.leftovers:
        problem = delete(name, each) if _is_doomed(each) else "kept"
        if problem:
            kept.append(each if problem == "kept" else replace(each, size=None, problem=problem))
    return replace(found, leftovers=tuple(kept))


def _is_doomed(each: Leftover) -> bool:
    """Only vector buckets are left to this; one whose tags cannot be read stays."""
    if not isinstance(each.kind, VectorBuckets):
        return False
    try:
        return each.kind.tags(each.name, each.arn).get(RETENTION_TAG) == "destroy"
    except ClientError:
        return False
