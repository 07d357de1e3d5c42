"""`summaries show | set`: how a tenant wants its summaries; what it does not choose is the deployment's setting."""

from __future__ import annotations

import argparse
from pathlib import Path

from lambdas.shared.adapters.aws_clients import dynamodb
from lambdas.shared.adapters.dynamodb_tenant_options import DynamoDbTenantOptions
from lambdas.shared.domain.summary_options import FOLLOW_DOCUMENT, STYLES, SummaryOptions
from ops.deployed_stacks import OpsError, stack_output

_RESET = "default"


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the group `summaries` to the command line."""
    commands = groups.add_parser("summaries", help="how a tenant wants its summaries").add_subparsers(
        required=True, metavar="command"
    )
    show = commands.add_parser("show", help="what a tenant has chosen")
    show.add_argument("--tenant", required=True)
    show.set_defaults(run=_show)
    choose = commands.add_parser("set", help="choose; for documents that are dropped from now on")
    choose.add_argument("--tenant", required=True)
    choose.add_argument("--style", choices=(*STYLES, _RESET), help=f"or {_RESET}: the deployment's setting")
    choose.add_argument("--language", help=f'"{FOLLOW_DOCUMENT}", a code such as de or pt-BR, or {_RESET}')
    choose.add_argument("--instructions", help=f"one more rule for the model, or {_RESET}: none")
    choose.add_argument("--instructions-file", type=Path, help="the same from a text file")
    choose.set_defaults(run=_set)


def _show(options: argparse.Namespace) -> None:
    chosen = _store(options).chosen_by(options.tenant)
    for name in ("style", "language", "instructions"):
        print(f"{name:<13} {chosen.get(name, '(the deployment’s setting)' if name != 'instructions' else '(none)')}")


def _set(options: argparse.Namespace) -> None:
    instructions = options.instructions
    if options.instructions_file is not None:
        try:
            instructions = options.instructions_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OpsError(f"--instructions-file {options.instructions_file}: {error}") from error
    wanted = {"style": options.style, "language": options.language, "instructions": instructions}
    chosen = {name: None if value == _RESET else value for name, value in wanted.items() if value is not None}
    if not chosen:
        raise OpsError("say what: --style, --language, --instructions or --instructions-file")
    SummaryOptions(**{name: value for name, value in chosen.items() if value is not None})
    _store(options).choose(options.tenant, **chosen)
    _show(options)


def _store(options: argparse.Namespace) -> DynamoDbTenantOptions:
    return DynamoDbTenantOptions(dynamodb(), table=stack_output("ClientsTableName", stack_prefix=options.stack_prefix))
