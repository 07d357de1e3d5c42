"""Measure everything and write benchmarks/RESULTS.md: `make bench`, a few minutes."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import sys
from pathlib import Path

from benchmarks import bulk_plan, bulk_simulator, embeddings, first_token, init, manifest, prepare, request, sizes
from benchmarks.measuring import machine

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = """# Results

Written by `make bench`; read the ratios, for milliseconds belong to the machine. Every ratio is taken within one run,
from interleaved processes pinned to a CPU, against a stub of Bedrock and DynamoDB on another CPU (plain HTTP on the
loopback interface). Nothing here was measured in Lambda; there, TLS and the network come on top, for all alike.

- {date}, {machine}
- {versions}
- "as shipped" is the trimmed layer and the function's own asset, built for this machine's Python by the code that
  builds them for Lambda
- Our variants pause garbage collection while they start, as our streaming loop does in Lambda; the others do not.
- Overhead: ours is held against boto3's `converse_stream` of the same request (POST /chat streams from Bedrock),
  Powertools against `converse`: compare each with its own neighbour, not with the other.
- What brings ours below its neighbour's time: it reads the stream's events itself (2 us each, botocore takes 20), its
  clients do not validate parameters again, and their user agent is short. All else that a turn does is on top of that:
  routing, validation, history, guardrail, price and ledger, without the network of their tables.
- A call's intent is written to the ledger 5 ms after its start, beside the model's work. The stub of the overhead table
  has answered by then, so no intent is written there; that of the first token waits, and it is.
"""


def versions() -> str:
    """What is compared with what."""
    pins = (Path(__file__).with_name("requirements.txt")).read_text(encoding="utf-8").splitlines()
    compared = [pin for pin in pins if pin.startswith(("aws-lambda-powertools", "pydantic=="))]
    ours = [f"{name}=={importlib.metadata.version(name)}" for name in ("boto3", "botocore", "msgspec")]
    return ", ".join([*ours, *compared])


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="more take longer and tell more (default 20)")
    rounds = parser.parse_args().rounds
    parts = [_HEAD.format(date=datetime.date.today(), machine=machine(), versions=versions())]
    sections = (
        ("Start-up of the chat handler", lambda: init.measure(rounds)),
        ("Overhead per request", lambda: request.measure(2 * rounds)),
        (f"First token, a model that waits {first_token.FIRST_TOKEN_MS} ms", lambda: first_token.measure(rounds)),
        ("Requests for batch inference", manifest.measure),
        ("Documents into requests, with S3 between", prepare.measure),
        ("Vectors", embeddings.measure),
        ("Planning a bulk run", bulk_plan.measure),
        ("Faulty histories of bulk runs", bulk_simulator.measure),
        ("Sizes", sizes.measure),
    )
    for title, measure in sections:
        print(f"{title} ...", file=sys.stderr)
        parts.append(f"## {title}\n\n{measure()}\n")
        print(parts[-1])
    RESULTS.write_text("\n".join(parts), encoding="utf-8")
    print(f"written to {RESULTS}")


if __name__ == "__main__":
    main()
