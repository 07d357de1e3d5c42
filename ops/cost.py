"""`cost`: what a thousand documents cost on AWS, tokens and orchestration apart, from the price tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from decimal import Decimal

from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.document_cost import CostLine, DocumentShape, model_costs, orchestration_costs
from lambdas.shared.domain.service_prices import AS_OF
from ops.deployed_stacks import OpsError

_MODEL = "us.amazon.nova-lite-v1:0"


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `cost` to the command line."""
    cost = groups.add_parser("cost", help="what a thousand dropped documents cost, from the price tables")
    cost.add_argument("--documents", type=_positive, default=1000, help="how many (default 1000)")
    cost.add_argument("--input-tokens", type=_positive, default=1500, help="of an average document (default 1500)")
    cost.add_argument("--output-tokens", type=_positive, default=250, help="of a summary (default 250)")
    cost.add_argument("--sections", type=_positive, default=1, help="that a document is read in (default 1)")
    cost.add_argument("--model", default=_MODEL, help=f"a model or profile id (default {_MODEL})")
    cost.add_argument("--no-guardrail", action="store_true", help="as with summaries_guardrail: none")
    cost.set_defaults(run=_cost)


def _cost(options: argparse.Namespace) -> None:
    try:
        catalog = load_catalog(json.dumps({"aliases": {}, "allowed": [options.model]}))
    except FileNotFoundError as error:
        raise OpsError("the catalogue is not compiled yet; run `make synth` once") from error
    model = catalog.resolve(options.model)
    shape = DocumentShape(options.input_tokens, options.output_tokens, options.sections)
    guardrail = None if options.no_guardrail else catalog.guardrail_prices
    spent, carried = tuple(model_costs(shape, model, guardrail)), tuple(orchestration_costs(shape))
    prices = model.card.prices.as_of or "an unknown day"
    print(f"{options.documents:,} documents, {options.model}; model prices of {prices}, AWS's of {AS_OF}")
    _print_part("model", spent, options.documents)
    _print_part("orchestration", carried, options.documents)
    _print_line("all", _total((*spent, *carried)), "", options.documents)


def _print_part(title: str, lines: Sequence[CostLine], documents: int) -> None:
    _print_line(title, _total(lines), "", documents)
    for line in lines:
        _print_line(f"  {line.name}", line.usd, f"{line.why}, each document", documents)


def _print_line(name: str, usd: Decimal | None, why: str, documents: int) -> None:
    amount = "unknown" if usd is None else f"${usd * documents:,.4f}"
    print(f"{name:<18} {amount:>14}  {why}".rstrip())


def _total(lines: Sequence[CostLine]) -> Decimal | None:
    """Unknown as soon as one part is."""
    known = [line.usd for line in lines if line.usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(lines) else None


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
