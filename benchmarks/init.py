"""Start-up: from an empty process to a handler with its Bedrock and DynamoDB clients; `python -m benchmarks.init`."""

from __future__ import annotations

import argparse

from benchmarks.host_twin import host_twin
from benchmarks.measuring import Subject, Variant, middle, stub, table, variants


def measure(rounds: int) -> str:
    """One fresh process per round and variant, in turn; the first round only warms the page cache."""
    compared = variants(host_twin())
    starts: dict[Variant, list[dict[str, float]]] = {variant: [] for variant in compared}
    with stub() as url:
        for number in range(rounds + 1):
            for variant in compared:
                subject = Subject(variant, "init", url)
                subject.close()
                if number:
                    starts[variant].append(dict(subject.start))
    bare = starts[compared[0]]
    rows = []
    for variant, all_of_it in starts.items():
        wall = [start["wall"] / 1e6 for start in all_of_it]
        ratios = [
            middle([start[kind] for start in all_of_it]) / middle([start[kind] for start in bare])
            for kind in ("wall", "cpu")
        ]
        memory, modules = (middle([start[name] for start in all_of_it]) for name in ("memory", "modules"))
        rows.append(
            [variant.title, *(f"{ratio:.2f}x" for ratio in ratios), f"{middle(wall):.0f}",
             f"{min(wall):.0f}-{max(wall):.0f}", f"{memory:.0f}", f"{modules:.0f}"]
        )  # fmt: skip
    head = ["variant", "init", "its CPU time", "median ms", "min-max ms", "RSS after it, MB", "modules"]
    return f"{rounds} fresh processes each, interleaved.\n\n{table(head, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    print(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
