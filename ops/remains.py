"""`remains`: what a deployment has stored in the account, and what it costs a month, also when its stacks are gone."""

from __future__ import annotations

import argparse

from ops.deployment_name import configured_name
from ops.leftovers import inventory, report


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `remains` to the command line."""
    remains = groups.add_parser("remains", help="list what a deployment keeps stored, and its monthly cost")
    remains.add_argument("--name", help="the deployment (default: `name` in the settings of cdk.json)")
    remains.set_defaults(run=_remains)


def _remains(options: argparse.Namespace) -> None:
    name = options.name or configured_name()
    found = inventory.take(name, inventory.session())
    print(f"Deployment {name} in {found.region}:")
    for line in report.lines(found):
        print(line)
    if found.stacks:
        print(f"in use: the stacks {', '.join(found.stacks)} still exist")
    elif found.leftovers:
        print(f"to delete it for good: python -m ops purge --name {name} --yes-delete-data")
