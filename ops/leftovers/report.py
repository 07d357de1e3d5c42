"""An inventory as lines for a terminal: one per resource, then the total and where its prices come from."""

from __future__ import annotations

from decimal import Decimal

from ops.leftovers.inventory import Inventory, Leftover
from ops.leftovers.prices import AS_OF


def lines(inventory: Inventory) -> list[str]:
    """What remains, with its monthly cost; a single sentence when that is nothing."""
    if not inventory.leftovers:
        return ["nothing remains", *_others(inventory)]
    names = max(len(each.name) for each in inventory.leftovers)
    shown = [_line(each, names, stacks_stand=bool(inventory.stacks)) for each in inventory.leftovers]
    return [*shown, _total(inventory.leftovers), *_others(inventory)]


def money(amount: Decimal) -> str:
    """USD in whole cents; what is less than a cent but not nothing says so."""
    return "<$0.01" if 0 < amount < Decimal("0.01") else f"${amount:,.2f}"


def bytes_text(count: int) -> str:
    """Binary units, as AWS bills."""
    number = float(count)
    for unit in ("B", "KB", "MB"):
        if number < 1024:
            return f"{number:.1f} {unit}" if unit != "B" else f"{count} B"
        number /= 1024
    return f"{number:,.1f} GB"


def _line(each: Leftover, width: int, *, stacks_stand: bool) -> str:
    start = f"{each.kind.label:<10} {each.name:<{width}}"
    if each.size is None:
        return f"{start}  size unknown: {each.problem}"
    least = "at least " if each.size.partial else ""
    notes = [each.size.detail] if each.size.detail else []
    if stacks_stand and each.in_use is not None:
        notes.append("in use" if each.in_use else "left behind by an earlier deployment")
    note = f"  ({'; '.join(notes)})" if notes else ""
    return f"{start}  {least}{bytes_text(each.size.stored_bytes)}  {least}{money(each.size.monthly_usd)}/month{note}"


def _total(leftovers: tuple[Leftover, ...]) -> str:
    sizes = [each.size for each in leftovers]
    least = "at least " if any(size is None or size.partial for size in sizes) else ""
    total = sum((size.monthly_usd for size in sizes if size), Decimal(0))
    return (
        f"total: {least}{money(total)}/month at list price (us-east-1, {AS_OF}, no free tier; ops/leftovers/prices.py)"
    )


def _others(inventory: Inventory) -> list[str]:
    """The tag index forgets slowly: after a teardown, functions and the like may stand in it for a while."""
    if not inventory.others or inventory.stacks:
        return []
    counted = ", ".join(f"{count} {service}" for service, count in sorted(inventory.others.items()))
    return [f"also tagged, storing nothing: {counted} (just deleted ones stay listed for a while)"]
