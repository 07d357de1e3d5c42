"""`python -m ops`: parses the command line, runs one command, turns errors into one clear line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from lambdas.shared.domain.errors import QuarryError
from ops import (
    analyst_policy,
    bulk,
    cost,
    doctor,
    keys,
    knowledge,
    purge,
    redrive,
    remains,
    summary_options,
    webhook_key,
)
from ops.deployed_stacks import OpsError
from ops.openapi import command as openapi

_GROUPS = (
    doctor,
    keys,
    summary_options,
    bulk,
    knowledge,
    cost,
    remains,
    purge,
    redrive,
    analyst_policy,
    webhook_key,
    openapi,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 done, 1 failed, 2 (from argparse) not understood."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Operate a deployed Quarry.")
    parser.add_argument("--stack-prefix", default="Quarry", help="how the deployment's stack names begin")
    commands = parser.add_subparsers(dest="group", required=True, metavar="command")
    for group in _GROUPS:
        group.add_commands(commands)
    options = parser.parse_args(arguments)
    if region := os.environ.get("AWS_REGION"):
        # boto3 reads AWS_DEFAULT_REGION alone; the CDK CLI, and so everybody who has just deployed, AWS_REGION
        os.environ["AWS_DEFAULT_REGION"] = region
    try:
        options.run(options)
    except (OpsError, QuarryError) as error:
        return _fail(str(error))
    except NoCredentialsError:
        return _fail("no AWS credentials found; sign in (aws sso login) or set AWS_PROFILE")
    except NoRegionError:
        return _fail("no AWS region set; set AWS_REGION")
    except (ClientError, BotoCoreError) as error:
        return _fail(f"AWS refused or did not answer: {error}")
    return 0


def _fail(reason: str) -> int:
    print(f"ops: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
