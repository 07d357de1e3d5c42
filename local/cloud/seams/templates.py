"""Templates are read as JSON, not YAML (a hundred times as fast); failed resources are named; `Ref` gives an id."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.apigateway.models import Deployment
from moto.awslambda.models import LayerVersion
from moto.cloudformation import parsing
from moto.cloudformation.models import Stack

from local.cloud.seams.patching import provide, replace


class ResourceFailedError(RuntimeError):
    """A resource could not be created; the message names it and its type."""


def _json_first(original: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(template: str) -> Any:
        try:
            return json.loads(template)
        except ValueError:
            return original(template)

    return parse


def _name_failures(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, resource_json: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(logical_id, resource_json, *args, **kwargs)
        except ResourceFailedError:  # a resource that this one refers to has failed
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise ResourceFailedError(f"{logical_id} ({resource_json.get('Type')}): {reason}") from error

    return create


@cache
def install() -> None:
    """Replace moto's template reader, wrap its resource maker, and complete two types."""
    replace(Stack, "parse_template", _json_first)
    replace(parsing, "parse_and_create_resource", _name_failures)
    # Without an id, `Ref` gives moto's own object.
    provide(LayerVersion, "physical_resource_id", property(lambda layer: layer.arn))
    provide(Deployment, "physical_resource_id", property(lambda deployment: deployment.id))
