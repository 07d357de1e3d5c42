"""Seam: batch jobs carry tags in moto's own tag store, so that ListTagsForResource and TagResource know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from moto.bedrock.models import BedrockBackend, bedrock_backends

from local.environment import ACCOUNT

_taggable_by_moto = BedrockBackend._list_arns


def open_resource_tags(arns: Callable[[str], list[str]]) -> None:
    """`arns`: of the jobs of a region; installing again replaces it."""
    BedrockBackend._list_arns = lambda self: _taggable_by_moto(self) + arns(self.region_name)


def tag(arn: str, tags: Sequence[Mapping[str, str]], region: str) -> None:
    """Tags as the request has them: `key` and `value`."""
    written = [{"Key": each["key"], "Value": each["value"]} for each in tags]
    bedrock_backends[ACCOUNT][region].tagger.tag_resource(arn, written)
