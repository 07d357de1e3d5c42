"""Tens of thousands of faulty histories of bulk runs, each from its seed; `python -m benchmarks.bulk_simulator`."""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

SEEDS = 50_000
_CHUNK = 250


class Lived(NamedTuple):
    """What a chunk of seeds has seen."""

    histories: int
    runs: int
    jobs: int
    days: float
    transitions: int
    faults: Counter[str]
    cpu_seconds: float
    broken: list[str]


def live_through(seeds: range) -> Lived:
    """Every history to its end; a broken invariant is told with its seed, which repeats it."""
    from tests.simulator.witness import BrokenInvariantError
    from tests.simulator.world import live

    runs = jobs = transitions = 0
    days = 0.0
    faults: Counter[str] = Counter()
    broken = []
    begin = time.process_time()
    for seed in seeds:
        try:
            history = live(seed)
        except BrokenInvariantError as error:
            broken.append(f"seed {seed}: {error}")
            continue
        runs += len(history.states)
        jobs += history.jobs
        transitions += history.transitions
        days += history.days
        faults.update(history.faults)
    return Lived(len(seeds), runs, jobs, days, transitions, faults, time.process_time() - begin, broken)


def measure(seeds: int = SEEDS, first: int = 0) -> str:
    """All seeds from `first` on, on all CPUs."""
    chunks = [range(start, min(start + _CHUNK, first + seeds)) for start in range(first, first + seeds, _CHUNK)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        lived = list(pool.map(live_through, chunks))
    faults: Counter[str] = sum((each.faults for each in lived), Counter())
    broken = [line for each in lived for line in each.broken]
    cpu = sum(each.cpu_seconds for each in lived)
    lines = [
        f"- {sum(each.histories for each in lived):,} histories with {sum(each.runs for each in lived):,} runs and "
        f"{sum(each.jobs for each in lived):,} jobs; {sum(each.days for each in lived) / 365:,.0f} virtual years",
        f"- {sum(faults.values()):,} faults of {len(faults)} kinds; {1000 * cpu / seeds:.1f} ms of a CPU a history",
        f"- broken invariants: {len(broken)}",
    ]
    return "\n".join([*lines, *(f"  - {line}" for line in broken[:20])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    arguments = parser.parse_args()
    print(measure(arguments.seeds, arguments.first))


if __name__ == "__main__":
    main()
