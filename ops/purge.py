"""`purge`: deletes for good what a deployment left behind; only what carries its tag, only when no stack stands."""

from __future__ import annotations

import argparse

from botocore.exceptions import BotoCoreError, ClientError

from ops.deployed_stacks import OpsError
from ops.leftovers import inventory, report
from ops.leftovers.inventory import Inventory, Leftover
from ops.leftovers.kind import is_absent


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `purge` to the command line."""
    purge = groups.add_parser("purge", help="delete for good what a destroyed deployment left behind")
    purge.add_argument("--name", required=True, help="the deployment")
    purge.add_argument("--yes-delete-data", action="store_true", help="without it, only say what would be deleted")
    purge.set_defaults(run=_purge)


def _purge(options: argparse.Namespace) -> None:
    found = inventory.take(options.name, inventory.session())
    if found.stacks:
        raise OpsError(f"the stacks {', '.join(found.stacks)} still exist and use this data; first: make destroy")
    print(f"Deployment {options.name} in {found.region}:")
    for line in report.lines(found):
        print(line)
    if not found.leftovers:
        return
    if not options.yes_delete_data:
        raise OpsError("nothing was deleted; to delete all of the above for good, add --yes-delete-data")
    delete_all(options.name, found)


def delete_all(name: str, found: Inventory) -> None:
    """Delete every leftover of deployment `name`; goes on after a failure and raises OpsError at the end."""
    left = [f"{each.kind.label} {each.name}: {reason}" for each in found.leftovers if (reason := delete(name, each))]
    if left:
        raise OpsError("\n  ".join([f"{len(left)} of {len(found.leftovers)} are left:", *left]))
    print("nothing remains")


def delete(name: str, each: Leftover) -> str:
    """Why it is still there, or nothing. Asks the resource itself for the tag: the index lags behind."""
    try:
        if each.kind.tags(each.name, each.arn).get(inventory.TAG) != name:
            return f"does not carry the tag {inventory.TAG}={name} (any more)"
        each.kind.delete(each.name, print)
    except ClientError as error:
        if not is_absent(error):
            return str(error)
    except (BotoCoreError, OpsError) as error:
        return str(error)
    print(f"deleted {each.kind.label} {each.name}")
    return ""
