"""`python -m local up`: keeps the stack running until Ctrl-C or SIGTERM, and says how to use it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from local.environment import aws_variables
from local.faults import FaultRuleError, read_rules
from local.stack import LocalStack, StartError
from local.synth import SynthError


def run(root: Path, options: argparse.Namespace) -> int:
    """Start, print, wait for the end, stop; exit code 1 with one line if it cannot start."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stack = LocalStack(
        root=root, port=options.port, aws_port=options.aws_port, time_scale=options.time_scale, log=_print
    )
    try:
        faults = read_rules(options.faults) if options.faults else ()
        stack.start(progress=lambda text: _print(f"  {text}"))
        stack.faults.add(*faults)
    except (StartError, SynthError, FaultRuleError) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        _print(examples(stack))
        if options.ready_file:
            _write_ready_file(stack, options.ready_file)
        stopped.wait()
        _print("\nStopping ...")
    finally:
        stack.close()
    return 0


def examples(stack: LocalStack) -> str:
    """What to copy and paste: URLs, key, and one call for each kind of client."""
    exports = "\n".join(f"export {name}={value}" for name, value in aws_variables(stack.aws_url).items())
    bucket = stack.outputs["DocumentsBucketName"]
    return f"""
Quarry is ready.
  API       {stack.api_url}      key {stack.key}
  AWS APIs  {stack.aws_url}      (all of them, Bedrock included)
  Answers   {stack.brain}

curl:
  curl -s {stack.api_url}/chat -H 'authorization: Bearer {stack.key}' -d '{{"message": "Hello, who answers here?"}}'
  curl -sN {stack.api_url}/chat/stream -H 'authorization: Bearer {stack.key}' -d '{{"message": "Hello again."}}'

AWS CLI and boto3, after:
{exports}

  aws s3 cp examples/heron-field-report.pdf s3://{bucket}/inbox/local/
  curl -s {stack.api_url}/documents -H 'authorization: Bearer {stack.key}'
  aws bedrock-runtime converse --model-id amazon.nova-lite-v1:0 \\
    --messages '[{{"role": "user", "content": [{{"text": "Hello"}}]}}]'
  python -c 'import boto3; print(boto3.client("bedrock").list_foundation_models()["modelSummaries"][0]["modelId"])'

Ctrl-C stops everything. Handlers under lambdas/ may be edited while it runs.
"""


def _write_ready_file(stack: LocalStack, path: Path) -> None:
    ready = {"api_url": stack.api_url, "aws_url": stack.aws_url, "key": stack.key, "brain": stack.brain}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({**ready, "pid": os.getpid(), "outputs": dict(stack.outputs)}), encoding="utf-8")
    partial.replace(path)


def _print(line: str) -> None:
    print(line, flush=True)
