"""The Lambda service on this machine: processes under a local Runtime API, one invocation at a time each."""

from local.functions.host import FunctionHost
from local.functions.invocation import StreamedInvoke
from local.functions.results import FunctionError, InvokeRefusedError, InvokeResult

__all__ = ["FunctionError", "FunctionHost", "InvokeRefusedError", "InvokeResult", "StreamedInvoke"]
