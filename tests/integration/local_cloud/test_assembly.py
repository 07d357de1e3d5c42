"""Reading cloud assemblies from disk."""

from __future__ import annotations

import pytest

from local.assembly import AssemblyError, read_assembly
from tests.integration.local_cloud.support import add_asset, write_assembly


def read(directory):
    return read_assembly(directory, account="123456789012", region="us-east-1")


def test_stacks_come_in_the_order_of_their_dependencies(tmp_path):
    write_assembly(tmp_path, {"C": {}, "B": {}, "A": {}}, C=["B"], B=["A"])
    assert [stack.name for stack in read(tmp_path).stacks] == ["A", "B", "C"]


def test_assets_have_absolute_sources_and_their_real_bucket(tmp_path):
    write_assembly(tmp_path, {"A": {}})
    add_asset(tmp_path, source=tmp_path, object_key="k.zip")
    (asset,) = read(tmp_path).assets
    assert asset.source.is_absolute()
    assert asset.bucket == "cdk-hnb659fds-assets-123456789012-us-east-1"


def test_a_folder_without_an_assembly_is_an_error(tmp_path):
    with pytest.raises(AssemblyError, match="holds no cloud assembly"):
        read(tmp_path)
    write_assembly(tmp_path, {})
    with pytest.raises(AssemblyError, match="holds no stack"):
        read(tmp_path)
