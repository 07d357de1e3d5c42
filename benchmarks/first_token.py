"""Time to the first token of a stream whose model waits 50 ms; `python -m benchmarks.first_token`."""

from __future__ import annotations

import argparse

from benchmarks.host_twin import host_twin
from benchmarks.measuring import middle, pairs, stub, table, variants

FIRST_TOKEN_MS = 50


def measure(rounds: int) -> str:
    """POST /chat/stream, its DynamoDB calls included (the stub answers them at once), against `converse_stream`."""
    each = 5
    compared = [variant for variant in variants(host_twin()) if variant.subject != "powertools"]
    with stub(first_token_ms=FIRST_TOKEN_MS) as url:
        measured = pairs(compared, "stream", mode="tables", url=url, rounds=rounds, each=each)
    rows = []
    for variant, result in measured.items():
        bare, ours = middle(result["bare"]), middle(result["subject"])
        rows.append([variant.title, f"{ours / bare:.3f}x", f"{ours / 1000:.1f}", f"{bare / 1000:.1f}"])
    head = ["variant", "first token", "median ms", "bare boto3 beside it"]
    return (
        f"{rounds * each} streams each; guardrail mode async. Powertools is not in it: it answers when the whole "
        f"answer is there.\n\n{table(head, rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    print(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
