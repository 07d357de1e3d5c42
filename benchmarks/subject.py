"""One thing that is measured, in a process of its own: `python benchmarks/subject.py VARIANT MODE`, driven over stdin.

The first line that it prints is its start-up, where MODE `init` ends; each line of stdin is then `call N`, `stream N`
or `memory`, answered by one line of JSON. In MODE `no-tables` the chat's tables are in the process. Times are
nanoseconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from contenders import VARIANTS, Call, Stream, bare_calls, same_call, without_tables


def peak_memory_mb() -> float:
    """The most that this process ever held (VmHWM)."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib would count as part of the subject
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main() -> None:
    variant, mode = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "init"
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    call, stream = VARIANTS[variant]()
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": peak_memory_mb(), "modules": len(sys.modules)}), flush=True)
    if mode == "init":
        return
    if alone := mode == "no-tables" and variant == "quarry":
        without_tables()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # log lines are written, but nowhere
    obey(answers, call, stream, alone=alone)


def obey(answers: Any, call: Call, stream: Stream | None, *, alone: bool) -> None:
    """Each of our calls follows a bare one in the same process, so that both meet the same weather."""
    import boto3

    client = boto3.client("bedrock-runtime")
    bare_call, bare_stream = bare_calls(client)
    if alone:
        bare_call = same_call(call, client)
    for line in sys.stdin:
        what, _, count = line.partition(" ")
        result: Any = {"bare": [], "subject": []}
        for _ in range(int(count or 0)):
            if what == "call":
                result["bare"].append(timed(bare_call))
                result["subject"].append(timed(call))
            elif stream is not None:
                result["bare"].append(bare_stream())
                result["subject"].append(stream())
        print(json.dumps(peak_memory_mb() if what.strip() == "memory" else result), file=answers, flush=True)


def timed(call: Call) -> int:
    begin = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - begin


if __name__ == "__main__":
    main()
