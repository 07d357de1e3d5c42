"""Parts become jobs within all quotas; nothing is left over that could be in one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.domain.bulk.part import Part, part_from, part_limits
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE, BatchQuotas
from lambdas.shared.domain.bulk.shard import Cut
from lambdas.shared.domain.bulk.sharding import cut

QUOTAS = BatchQuotas(
    records_per_job=1000, records_per_file=400, file_bytes=10_000, job_bytes=20_000, minimum_records=100, jobs=2
)
EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def parts(*sizes: tuple[int, int]) -> list[Part]:
    return [Part(f"p{number:04d}.jsonl", records, size, records) for number, (records, size) in enumerate(sizes)]


def check(made: Cut, given_: list[Part], quotas: BatchQuotas) -> None:
    placed = Counter([*made.rest, *(part for shard in made.shards for part in shard.parts)])
    assert placed == Counter(given_), "every part in one place"
    for shard in made.shards:
        assert quotas.minimum_records <= shard.records <= quotas.records_per_job
        assert shard.bytes <= quotas.job_bytes
        for file in shard.files:
            assert file
            assert sum(part.records for part in file) <= quotas.records_per_file
            assert sum(part.bytes for part in file) <= quotas.file_bytes


def test_half_a_million_documents_are_few_even_jobs() -> None:
    given_ = parts(*[(500, 3_200_000)] * 1000)
    made = cut(given_, CONSERVATIVE)
    check(made, given_, CONSERVATIVE)
    assert [shard.records for shard in made.shards] == [50_000] * 10
    assert not made.rest


def test_ninety_nine_records_are_no_job() -> None:
    made = cut(parts((99, 10)), QUOTAS)
    assert (made.shards, len(made.rest)) == ((), 1)
    assert len(cut(parts((99, 10), (1, 10)), QUOTAS).shards) == 1


def test_nothing_is_no_job() -> None:
    assert cut([], QUOTAS) == Cut((), ())


def test_a_remainder_below_the_minimum_is_balanced_into_the_other_jobs() -> None:
    given_ = parts(*[(50, 10)] * 20, (30, 10))  # 1,030: one job is full, 30 are left
    made = cut(given_, QUOTAS)
    check(made, given_, QUOTAS)
    assert not made.rest
    assert len(made.shards) == 2
    assert min(shard.records for shard in made.shards) >= 480


def test_a_document_larger_than_a_file_or_a_job_is_left_over_and_holds_nothing_up() -> None:
    given_ = parts((1, 10_001), (401, 10), (200, 500))
    made = cut(given_, QUOTAS)
    check(made, given_, QUOTAS)
    assert {part.key for part in made.rest} == {"p0000.jsonl", "p0001.jsonl"}
    assert [shard.records for shard in made.shards] == [200]


def test_where_bytes_fill_jobs_records_are_moved_to_reach_the_minimum() -> None:
    given_ = parts((10, 9_000), (10, 9_000), (10, 9_000), *[(50, 100)] * 6)
    made = cut(given_, QUOTAS)
    check(made, given_, QUOTAS)
    assert not made.rest


def test_so_many_jobs_as_end_before_the_deadline_and_the_rest_later() -> None:
    made = cut(parts(*[(50, 10)] * 50), QUOTAS)
    limited = made.limited(1)
    assert len(limited.shards) == 1
    assert limited.shards[0].records + sum(part.records for part in limited.rest) == 2500
    assert made.limited(None) is made
    assert made.limited(5) is made


SIZES = st.lists(st.tuples(st.integers(1, 500), st.integers(1, 12_000)), max_size=60)


@EXAMPLES
@given(sizes=SIZES, minimum=st.integers(1, 300))
def test_whatever_the_parts_quotas_are_kept_and_nothing_is_lost(sizes: list[tuple[int, int]], minimum: int) -> None:
    quotas = QUOTAS._replace(minimum_records=minimum)
    given_ = parts(*sizes)
    check(cut(given_, quotas), given_, quotas)
    assert cut(reversed(given_), quotas) == cut(given_, quotas), "the order of the parts decides nothing"


@EXAMPLES
@given(
    per_job=st.integers(30, 3000),
    share=st.integers(3, 20),
    documents=st.lists(st.integers(1, 4), min_size=1, max_size=400),
)
def test_parts_as_prepare_makes_them_leave_nothing_over(per_job: int, share: int, documents: list[int]) -> None:
    quotas = CONSERVATIVE._replace(
        records_per_job=per_job, records_per_file=per_job, minimum_records=max(1, per_job // share - 4)
    )
    limits = part_limits(quotas)
    made_parts = [Part("0", 0, 0, 0)]
    for records in documents:
        last = made_parts[-1]
        made_parts[-1] = last._replace(records=last.records + records, documents=last.documents + 1)
        if limits.reached(made_parts[-1]):
            made_parts.append(Part(str(len(made_parts)), 0, 0, 0))
    given_ = [part for part in made_parts if part.documents]
    made = cut(given_, quotas)
    check(made, given_, quotas)
    assert bool(made.rest) == (sum(documents) < quotas.minimum_records)


def test_parts_are_a_hundredth_of_a_large_job_and_an_eighth_of_a_small_one() -> None:
    assert part_limits(CONSERVATIVE).records == 500
    assert part_limits(QUOTAS).records == 50
    assert part_limits(QUOTAS._replace(records_per_job=3)).records == 1


def test_a_part_is_kept_in_a_plan_and_its_documents_lie_beside_it() -> None:
    part = Part("bulk/run/r000/parts/f000001-a-0000.jsonl", 3, 400, 2)
    assert part_from(part.as_json()) == part
    assert part.items_key == "bulk/run/r000/parts/f000001-a-0000.items.jsonl"
