"""Overhead per request on an instant Bedrock, and memory after it; `python -m benchmarks.request`."""

from __future__ import annotations

import argparse

from benchmarks.host_twin import host_twin
from benchmarks.measuring import middle, pairs, percentile, stub, table, variants


def measure(rounds: int) -> str:
    """POST /chat without DynamoDB against boto3's call of the same request, each pair in one process."""
    each = 25
    with stub() as url:
        measured = pairs(variants(host_twin()), "call", mode="no-tables", url=url, rounds=rounds, each=each)
    rows = []
    for variant, result in measured.items():
        bare, ours = middle(result["bare"]), middle(result["subject"])
        rows.append(
            [variant.title, f"{ours - bare:+.0f}", f"{ours / bare:.2f}x", f"{ours:.0f}", f"{bare:.0f}",
             f"{percentile(result['subject'], 0.99):.0f}", f"{result['memory'][0]:.0f}"]
        )  # fmt: skip
    head = ["variant", "overhead p50 us", "ratio", "p50 us", "bare boto3 beside it", "p99 us", "peak RSS MB"]
    return f"{rounds * each} calls each, in turns of {each}.\n\n{table(head, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    print(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
