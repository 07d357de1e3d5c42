"""Writes small real functions into a folder and deploys them by hand, for the tests of the local runtime."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.deployment import DeployedResource, Deployment
from local.functions import FunctionHost

ACCOUNT, REGION = "123456789012", "us-east-1"

# a runtime of its own: a handler that is a generator of bytes, streamed by hand-written chunks with trailers
STREAMING_LOOP = """
import base64, http.client, importlib, json, os, sys
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
module, name = os.environ["_HANDLER"].rsplit(".", 1)
handler = getattr(importlib.import_module(module), name)
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    work = api.getresponse()
    event = json.loads(work.read())
    path = "/2018-06-01/runtime/invocation/" + work.headers["Lambda-Runtime-Aws-Request-Id"]
    pieces = handler(event)
    try:
        first = next(pieces)
    except Exception as error:
        body = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        api.request("POST", path + "/error", body)
        api.getresponse().read()
        continue
    api.putrequest("POST", path + "/response")
    api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    api.putheader("Transfer-Encoding", "chunked")
    api.putheader("Content-Type", os.environ.get("STREAM_TYPE", "application/vnd.awslambda.http-integration-response"))
    api.endheaders()
    trailers = b""
    try:
        while first is not None:
            api.send(b"%x\\r\\n%b\\r\\n" % (len(first), first))
            first = next(pieces, None)
    except Exception as error:
        body = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()
        trailers = b"Lambda-Runtime-Function-Error-Type: Late\\r\\nLambda-Runtime-Function-Error-Body: "
        trailers += base64.b64encode(body) + b"\\r\\n"
    api.send(b"0\\r\\n" + trailers + b"\\r\\n")
    api.getresponse().read()
"""
BOOTSTRAP = '#!/bin/sh\nexec "$1" "$LAMBDA_TASK_ROOT/loop.py"\n'
HEAD = """
import json, os, pathlib, time
def head(status=200, **headers):
    return json.dumps({"statusCode": status, "headers": headers}).encode() + bytes(8)
def wait_for(name):
    while not pathlib.Path(name).exists():
        time.sleep(0.005)
"""


class Workshop:
    """Functions are `app/<name>_handler.py` below `root`; the log's lines collect in `lines`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[str] = []
        self._resources: list[DeployedResource] = []
        self._hosts: list[FunctionHost] = []
        (root / "app").mkdir()
        (root / "loop.py").write_text(STREAMING_LOOP)
        (root / "bootstrap").write_text(BOOTSTRAP)
        (root / "bootstrap").chmod(0o755)

    def source(self, name: str) -> Path:
        return self.root / "app" / f"{name}_handler.py"

    def function(self, name: str, code: str, *, streaming: bool = False, **properties: Any) -> str:
        """Add a function; `code` defines `handler`. Returns the function's name."""
        self.source(name).write_text((HEAD if streaming else "") + textwrap.dedent(code))
        variables = dict(properties.pop("variables", {}))
        if streaming:
            variables["AWS_LAMBDA_EXEC_WRAPPER"] = "/var/task/bootstrap"
        self.resource(
            "AWS::Lambda::Function",
            f"{name.capitalize()}0A1B2C3D",
            f"stack-{name}",
            Runtime="python3.14",
            Handler=f"app.{name}_handler.handler",
            Code={"S3Bucket": "assets", "S3Key": "key.zip"},
            Environment={"Variables": variables},
            **{"Timeout": 10, **properties},
        )
        return f"stack-{name}"

    def resource(self, resource_type: str, logical_id: str, physical_id: str, **properties: Any) -> str:
        self._resources.append(DeployedResource("stack", logical_id, resource_type, physical_id, properties))
        return physical_id

    def deployment(self) -> Deployment:
        return Deployment(tuple(self._resources), {}, {"key.zip": self.root}, ACCOUNT, REGION)

    def host(self, **options: Any) -> FunctionHost:
        log: Callable[[str], None] = self.lines.append
        host = FunctionHost(self.deployment(), endpoint_url="http://127.0.0.1:4566", log=log, **options)
        self._hosts.append(host)
        return host

    def close(self) -> None:
        for host in self._hosts:
            host.close()

    def logged(self, text: str) -> bool:
        return any(text in line for line in self.lines)
