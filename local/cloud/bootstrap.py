"""What `cdk bootstrap` and `cdk publish` leave in an account: the version parameter and the assets in their bucket."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from moto.s3.models import s3_backends
from moto.ssm.models import ssm_backends

from local.assembly import Asset
from local.cloud.server import Cloud

_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
_VERSION = "30"


def bootstrap(cloud: Cloud) -> None:
    """Store the bootstrap version, which every template's rules ask for."""
    ssm_backends[cloud.account][cloud.region].put_parameter(
        _VERSION_PARAMETER, "", _VERSION, "String", "", "", True, [], "text", None, None
    )


def publish(assets: Iterable[Asset], cloud: Cloud) -> None:
    """Put every asset into its bucket; code runs from its source folder, so that an empty zip stands for it."""
    s3 = s3_backends[cloud.account]["aws"]
    empty = empty_zip()
    for asset in assets:
        if asset.bucket not in s3.buckets:
            s3.create_bucket(asset.bucket, cloud.region)
        content = asset.source.read_bytes() if asset.source.is_file() else empty
        s3.put_object(asset.bucket, asset.object_key, content)


def asset_roots(assets: Iterable[Asset]) -> dict[str, Path]:
    """S3 object key -> the folder (or file) that it was made of."""
    return {asset.object_key: asset.source for asset in assets}


def empty_zip() -> bytes:
    """A zip file without entries."""
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    return buffer.getvalue()
