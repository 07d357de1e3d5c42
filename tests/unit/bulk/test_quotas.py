"""Quotas: settings before what was read before what is assumed, and each says where it came from."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.bulk.quotas import CONSERVATIVE, known_quotas, read_quotas

# names as Service Quotas spells them, which is not always the same way
ROWS = [
    ("Minimum number of records per batch inference job for Nova Lite V1", 100.0),
    ("Records per batch inference job for Nova Lite V1", 100_000.0),
    ("Records per input file per batch inference job for Nova Lite V1", 50_000.0),
    ("Batch inference job size (in GB) for Nova Lite V1", 5.0),
    ("Batch inference input file size for Nova Lite V1 (in GB)", 1.0),
    ("Sum of in-progress and submitted batch inference jobs using a base model for Nova Lite V1", 20.0),
    ("Records per batch inference job for Nova Lite V1 Extra", 7.0),
    ("Records per batch inference job for Claude 3 Haiku", 8.0),
    ("On-demand model inference tokens per minute for Nova Lite V1", 9.0),
]


def test_quotas_are_found_by_their_prose_for_exactly_this_model() -> None:
    assert read_quotas(ROWS, "nova lite v1") == {
        "minimum_records": 100,
        "records_per_job": 100_000,
        "records_per_file": 50_000,
        "job_bytes": 5 * 1024**3,
        "file_bytes": 1024**3,
        "jobs": 20,
    }
    assert read_quotas(ROWS, "Claude 3 Haiku") == {"records_per_job": 8}
    assert read_quotas(ROWS, "Titan") == {}


def test_each_value_says_where_it_came_from() -> None:
    known = known_quotas(settings={"jobs": 2}, read={"jobs": 20, "records_per_job": 100_000})
    assert (known.quotas.jobs, known.sources["jobs"]) == (2, "settings")
    assert (known.quotas.records_per_job, known.sources["records_per_job"]) == (100_000, "service-quotas")
    assert (known.quotas.job_bytes, known.sources["job_bytes"]) == (CONSERVATIVE.job_bytes, "default")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"jobs": 0}, "quota jobs is 0"),
        ({"job": 1}, "unknown quotas: job"),
        ({"records_per_job": 50}, "a job needs 100 records"),
    ],
)
def test_quotas_that_no_job_could_keep_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        known_quotas(settings=settings, read={})
