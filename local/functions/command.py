"""How a function's process is started: its command line and its environment variables, as Lambda sets them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from local.functions.definition import FunctionDefinition

_TASK_ROOT_ON_AWS = "/var/task"
# nothing else of this machine's environment reaches a function, as on AWS
_INHERITED = ("HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


def command_line(definition: FunctionDefinition) -> list[str]:
    """AWS's own runtime client, or what the wrapper script makes of it.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
    """
    command = [sys.executable, "-m", "awslambdaric", definition.handler]
    wrapper = definition.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    if wrapper:
        command.insert(0, wrapper.replace(_TASK_ROOT_ON_AWS, str(definition.asset_root), 1))
    return command


def process_environment(
    definition: FunctionDefinition, *, runtime_api: str, endpoint_url: str, log_stream: str, process: str
) -> dict[str, str]:
    """Every variable of the process. `runtime_api` is host:port; `endpoint_url` serves all AWS APIs; `process`
    is the process's own id.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        "LANG": "en_US.UTF-8",
        **inherited,
        "TZ": ":UTC",
        **definition.environment,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
        **_of_the_function(definition),
        **_of_the_account(definition.region, endpoint_url),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        # as on AWS every process has credentials of its own: here they say who calls, and which process to crash
        "AWS_ACCESS_KEY_ID": f"local_{definition.label}_{process}",
    }


def _of_the_function(definition: FunctionDefinition) -> dict[str, str]:
    return {
        "_HANDLER": definition.handler,
        "LAMBDA_TASK_ROOT": str(definition.asset_root),
        "AWS_LAMBDA_FUNCTION_NAME": definition.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(definition.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{definition.name}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }


def _of_the_account(region: str, endpoint_url: str) -> dict[str, str]:
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_ENDPOINT_URL": endpoint_url,
        # without credentials botocore would otherwise ask the machine's metadata service, and wait for it
        "AWS_EC2_METADATA_DISABLED": "true",
    }
