"""Adds CloudFormation resource types that moto lacks: a class per type, made from one creating function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel


@dataclass(frozen=True, slots=True)
class Creation:
    """What CloudFormation asks for; `properties` are resolved, `name` is the generated physical name."""

    name: str
    properties: Mapping[str, Any]
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Created:
    """The answer: `ref` is what `Ref` gives, `attributes` are what `Fn::GetAtt` may ask for."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


Creator = Callable[[Creation], Created]

# CloudFormationModel.__subclasses__() holds them weakly: without this they would be collected.
_added: dict[str, Any] = {}


def known_types() -> frozenset[str]:
    """Every CloudFormation type that a deploy can create."""
    return frozenset(parsing.get_model_map()) | frozenset(parsing.NULL_MODELS)


def add_type(cfn_type: str, create: Creator, *, attributes: frozenset[str] = frozenset()) -> None:
    """Make `cfn_type` known to moto's CloudFormation; does nothing when it is known already."""
    if cfn_type in known_types():
        return
    # moto's metaclass splits __module__ on a dot: it must have one.
    members: dict[str, Any] = {
        "__module__": __name__,
        "physical_resource_id": property(lambda self: self.created.ref),
        "cloudformation_type": staticmethod(lambda: cfn_type),
        "cloudformation_name_type": staticmethod(lambda: ""),
        "has_cfn_attr": classmethod(lambda _cls, name: name in attributes),
        "get_cfn_attribute": _attribute,
        "create_from_cloudformation_json": classmethod(_maker(create)),
    }
    metaclass: Any = type(CloudFormationModel)
    _added[cfn_type] = metaclass(cfn_type.replace("::", ""), (CloudFormationModel,), members)
    for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cached.cache_clear()


def _maker(create: Creator) -> Callable[..., Any]:
    def create_from_json(
        cls: Any, /, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Any:
        properties = cloudformation_json.get("Properties", {})
        instance = cls()
        instance.created = create(
            Creation(name=resource_name, properties=properties, account=account_id, region=region_name)
        )
        return instance

    return create_from_json


def _attribute(self: Any, name: str) -> str:
    if name not in self.created.attributes:
        raise UnformattedGetAttTemplateException
    value: str = self.created.attributes[name]
    return value
