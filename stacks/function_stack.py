"""A stack of functions: what all of them have in common is said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components.dependency_layer import DependencyLayer
from stacks.components.python_function import PythonFunction
from stacks.settings import DeploymentSettings


class FunctionStack(cdk.Stack):
    """Its functions share a layer, and how long their logs are kept."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: DeploymentSettings, description: str) -> None:
        super().__init__(scope, construct_id, description=description)
        self._settings = settings
        self._core = DependencyLayer(self, name="core")

    def _function(
        self,
        handler: str,
        *,
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> PythonFunction:
        return PythonFunction(
            self,
            handler=handler,
            layers=[self._core, *layers],
            memory_mb=memory_mb,
            timeout_seconds=timeout_seconds,
            environment=environment,
            log_retention_days=self._settings.log_retention_days,
        )
