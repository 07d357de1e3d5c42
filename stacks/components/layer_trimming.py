"""Cuts botocore and boto3 in a layer down to what the functions use: a smaller layer, and a third of a cold start."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# The services that lambdas/shared/adapters/aws_clients.py makes clients of; a test compares the two.
KEPT_SERVICES = (
    "bedrock",
    "bedrock-agent",
    "bedrock-agent-runtime",
    "bedrock-runtime",
    "dynamodb",
    "events",
    "s3",
    "s3vectors",
    "service-quotas",
    "sqs",
    "stepfunctions",
)
_SHARED_DATA = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}
_DIST_INFO_KEPT = {"METADATA", "LICENSE", "NOTICE", "LICENSE.txt", "licenses"}

# botocore imports what writes its documentation, and for that an HTML parser, only to make docstrings that nobody
# reads in a function. The rest of the package stays, because boto3 imports it by name.
_NO_DOCUMENTATION = {
    "__init__.py": '''"""Nothing is documented in this layer."""

DEPRECATED_SERVICE_NAMES = set()  # boto3 asks for it
''',
    "docstring.py": '''"""Clients in this layer have no docstrings: stands in for botocore's own module."""


class LazyLoadedDocstring(str):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def __init__(self, *args, **kwargs):
        super().__init__()


class ClientMethodDocstring(LazyLoadedDocstring):
    pass


class WaiterDocstring(LazyLoadedDocstring):
    pass


class PaginatorDocstring(LazyLoadedDocstring):
    pass
''',
}


def trimming_fingerprint() -> str:
    """A hash that changes whenever this module does, for the fingerprint of what it has cut."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def trim(packages: Path) -> None:
    """Cut the installed `packages` (a folder as pip lays it out) in place; the same input gives the same bytes. A
    layer without botocore loses only what no import needs."""
    if (packages / "botocore").is_dir():
        _trim_data(packages / "botocore/data")
        for name, source in _NO_DOCUMENTATION.items():
            (packages / "botocore/docs" / name).write_text(source, encoding="utf-8")
    for folder in ("boto3/data", "boto3/examples"):  # boto3.resource() and its documentation
        shutil.rmtree(packages / folder, ignore_errors=True)
    for folder in [*packages.rglob("tests")]:  # a fifth of what scientific packages are
        shutil.rmtree(folder, ignore_errors=True)
    for path in [*packages.rglob("*.pyi"), *packages.rglob("py.typed")]:
        path.unlink()
    for dist_info in packages.glob("*.dist-info"):
        _remove_but(dist_info, _DIST_INFO_KEPT)


def _trim_data(data: Path) -> None:
    prefixes = set()
    _remove_but(data, {*KEPT_SERVICES, *_SHARED_DATA})
    for service in KEPT_SERVICES:
        newest = max(version.name for version in (data / service).iterdir())
        _remove_but(data / service, {newest})
        (data / service / newest / "examples-1.json").unlink(missing_ok=True)
        for file in sorted((data / service / newest).iterdir()):
            model = _rewrite(file)
            metadata = model.get("metadata", {})
            prefixes |= {metadata.get("endpointPrefix"), metadata.get("signingName")} - {None}
    _trim_endpoints(data / "endpoints.json", prefixes)


def _rewrite(file: Path) -> dict[str, Any]:
    """Put a model in its file unpacked, compact and without documentation, which is most of it; Lambda's zip packs
    it anyway, and each cold start saves unpacking and parsing."""
    packed = file.suffix == ".gz"
    content = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    model: dict[str, Any] = _without_documentation(json.loads(content))
    _write_json(file.with_suffix("") if packed else file, model)
    if packed:
        file.unlink()
    return model


def _without_documentation(value: Any) -> Any:
    """`documentation` is prose where it is text; where it is an object it is a field that happens to be called so.
    Emptied and not removed, because botocore asks for it in places."""
    if isinstance(value, dict):
        return {
            name: "" if name == "documentation" and isinstance(inner, str) else _without_documentation(inner)
            for name, inner in value.items()
        }
    return [_without_documentation(inner) for inner in value] if isinstance(value, list) else value


def _trim_endpoints(file: Path, prefixes: Iterable[str]) -> None:
    """Every partition and region stays valid; of the services only those whose endpoint or signing name is used."""
    kept = set(prefixes)
    endpoints = json.loads(file.read_bytes())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in kept}
    _write_json(file, endpoints)


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def _remove_but(folder: Path, kept: set[str]) -> None:
    for path in folder.iterdir():
        if path.name in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
