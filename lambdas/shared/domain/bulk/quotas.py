"""Quotas of batch inference for one model in one Region, and where each value came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

_GIGABYTE = 1024**3


class BatchQuotas(NamedTuple):
    """`jobs` counts all that are submitted or in progress, also those of other people."""

    records_per_job: int
    records_per_file: int
    file_bytes: int
    job_bytes: int
    minimum_records: int
    jobs: int


# The lowest that accounts are known to have, so that a job which fits them fits everywhere. A minimum that is higher in
# truth costs nothing: the job fails its validation, and its records are asked on demand.
# https://docs.aws.amazon.com/general/latest/gr/bedrock.html
CONSERVATIVE = BatchQuotas(
    records_per_job=50_000,
    records_per_file=50_000,
    file_bytes=_GIGABYTE,
    job_bytes=5 * _GIGABYTE,
    minimum_records=100,
    jobs=5,
)

# Service Quotas names them in prose, e.g. "Records per batch inference job for Nova Lite V1".
_PROSE = (
    ("records_per_job", re.compile(r"records per batch inference job for (?P<model>.+)", re.I), 1),
    ("records_per_file", re.compile(r"records per input file per batch inference job for (?P<model>.+)", re.I), 1),
    ("minimum_records", re.compile(r"minimum number of records per batch inference job for (?P<model>.+)", re.I), 1),
    ("file_bytes", re.compile(r"batch inference input file size \(in gb\) for (?P<model>.+)", re.I), _GIGABYTE),
    ("file_bytes", re.compile(r"batch inference input file size for (?P<model>.+) \(in gb\)", re.I), _GIGABYTE),
    ("job_bytes", re.compile(r"batch inference job size \(in gb\) for (?P<model>.+)", re.I), _GIGABYTE),
    ("job_bytes", re.compile(r"batch inference job size for (?P<model>.+) \(in gb\)", re.I), _GIGABYTE),
    (
        "jobs",
        re.compile(
            r"sum of in[- ]progress and submitted batch inference jobs using a base model for (?P<model>.+)", re.I
        ),
        1,
    ),
)


class KnownQuotas(NamedTuple):
    """`sources` says for each field `settings`, `service-quotas` or `default`."""

    quotas: BatchQuotas
    sources: Mapping[str, str]


class QuotaSource(Protocol):
    """Whatever tells an account's quotas."""

    def batch_quotas(self, model_id: str) -> KnownQuotas:
        """Those of this model in this Region; values may be a day old."""
        ...


def read_quotas(rows: Iterable[tuple[str, float]], model_label: str) -> dict[str, int]:
    """The fields of BatchQuotas that rows `(quota name, value)` of Service Quotas tell about the model; `model_label`
    is what Service Quotas calls it."""
    found: dict[str, int] = {}
    wanted = model_label.casefold()
    for name, value in rows:
        for field, prose, unit in _PROSE:
            match = prose.fullmatch(name.strip())
            if match and match["model"].casefold() == wanted:
                found[field] = int(value * unit)
    return found


def known_quotas(
    *, settings: Mapping[str, int], read: Mapping[str, int], default: BatchQuotas = CONSERVATIVE
) -> KnownQuotas:
    """Settings first, then what was read, then the default. Raises ValueError for a value below 1 or an unknown name,
    and for a minimum that no job could reach."""
    unknown = sorted(set(settings) - set(BatchQuotas._fields))
    if unknown:
        raise ValueError(f"unknown quotas: {', '.join(unknown)}; there are {', '.join(BatchQuotas._fields)}")
    layers = (("settings", settings), ("service-quotas", read), ("default", default._asdict()))
    values, sources = {}, {}
    for field in BatchQuotas._fields:
        sources[field], layer = next((name, layer) for name, layer in layers if field in layer)
        values[field] = layer[field]
        if values[field] < 1:
            raise ValueError(f"quota {field} is {values[field]} (from {sources[field]}); it must be at least 1")
    quotas = BatchQuotas(**values)
    if quotas.minimum_records > quotas.records_per_job:
        raise ValueError(
            f"a job needs {quotas.minimum_records} records (from {sources['minimum_records']}) and takes only "
            f"{quotas.records_per_job} (from {sources['records_per_job']})"
        )
    return KnownQuotas(quotas, sources)
