"""AWS::Bedrock::KnowledgeBase and DataSource: made by the local Bedrock, as by its own calls."""

from __future__ import annotations

from functools import cache
from typing import Any

from local.cloud.seams.resource_types import Created, Creation, add_type


def _create_knowledge_base(creation: Creation) -> Created:
    from local.bedrock.knowledge.directory import DIRECTORY  # numpy is not needed by who deploys none

    base = DIRECTORY.create_knowledge_base(as_parameters(creation.properties), creation.region)
    attributes = {"KnowledgeBaseId": base.knowledge_base_id, "KnowledgeBaseArn": base.arn, "Status": "ACTIVE"}
    return Created(ref=base.knowledge_base_id, attributes=attributes)


def _create_data_source(creation: Creation) -> Created:
    from local.bedrock.knowledge.directory import DIRECTORY

    source = DIRECTORY.create_data_source(as_parameters(creation.properties))
    attributes = {"DataSourceId": source.data_source_id, "DataSourceStatus": "AVAILABLE"}
    return Created(ref=f"{source.knowledge_base_id}|{source.data_source_id}", attributes=attributes)


def as_parameters(value: Any) -> Any:
    """Properties as the parameters of the call that CloudFormation makes: their names begin in lower case."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: as_parameters(each) for name, each in value.items()}
    return [as_parameters(each) for each in value] if isinstance(value, list) else value


@cache
def install() -> None:
    """Add both types."""
    add_type(
        "AWS::Bedrock::KnowledgeBase",
        _create_knowledge_base,
        attributes=frozenset({"KnowledgeBaseId", "KnowledgeBaseArn", "Status"}),
    )
    add_type(
        "AWS::Bedrock::DataSource",
        _create_data_source,
        attributes=frozenset({"DataSourceId", "DataSourceStatus"}),
    )
