"""Gives the fresh local stack its client, with the same operator command that works on AWS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local.environment import aws_environment

KEY = "qk_local"


class SeedError(Exception):
    """The operator's command did not make the client."""


def seed_client(root: Path, endpoint_url: str) -> None:
    """Create the client of tenant `local` whose key is `qk_local`."""
    command = [sys.executable, "-m", "ops", "keys", "create", "--tenant", "local", "--client", "local"]
    command += ["--scopes", "chat documents bulk embeddings collections rag delegate", "--key", KEY]
    done = subprocess.run(
        command, cwd=root, env=aws_environment(endpoint_url), capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise SeedError(f"the local client could not be made: {done.stderr.strip() or done.stdout.strip()}")
