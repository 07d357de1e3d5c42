"""`python -m local up | demo | faults | synth`: Quarry on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from local.faults import command as fault_command
from local.synth import SynthError, synthesize

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    options = _parser().parse_args(arguments)
    os.chdir(ROOT)
    if options.command == "synth":
        return _synth(checked=options.checked)
    if options.command == "demo":
        from local.demo.story import play

        return play(ROOT, time_scale=options.time_scale)
    if options.command == "faults":
        return fault_command.run(options)
    from local.up import run

    return run(ROOT, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the stack and keep it running")
    up.add_argument("--port", type=int, default=8080, help="port of the API (0: any free one)")
    up.add_argument("--aws-port", type=int, default=4566, help="port of the AWS APIs (0: any free one)")
    up.add_argument("--ready-file", type=Path, help="write URLs and outputs there as JSON once the stack is ready")
    up.add_argument("--faults", type=Path, metavar="FILE", help="fault rules as JSON (docs/faults.md)")
    demo = commands.add_parser("demo", help="show the main job on free ports and stop")
    for command in (up, demo):
        command.add_argument(
            "--time-scale", type=float, default=1.0, help="60 makes workflows wait a second for a minute"
        )
    fault_command.add_parser(commands)
    synth = commands.add_parser("synth", help="synthesize the templates without bundling")
    synth.add_argument("--checked", action="store_true", help="also hold them against the AwsSolutions rules")
    return parser


def _synth(*, checked: bool) -> int:
    try:
        print(synthesize(ROOT, log=print, checked=checked).relative_to(ROOT))
    except SynthError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
