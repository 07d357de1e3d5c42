"""Where a run keeps its files in the results bucket.

Workers that do the same step at the same time write below names of their own (`nonce`); a commit, which can be created
only once, says whose files count.
"""

from __future__ import annotations

from typing import NamedTuple


class RunLayout(NamedTuple):
    """Keys of one run. The working files may be needed for weeks (other steps' expire after days), the results stay."""

    run_id: str

    @property
    def work(self) -> str:
        return f"bulk/{self.run_id}"

    @property
    def report(self) -> str:
        return f"results/{self.run_id}/report.json"

    @property
    def outcomes(self) -> str:
        return f"results/{self.run_id}/outcomes.jsonl"

    @property
    def table(self) -> str:
        return f"results/{self.run_id}/summaries.csv"

    def items(self, round_: int, step: str) -> str:
        """The list that the workflow maps over in a step of a round."""
        return f"{self.work}/r{round_:03d}/{step}.jsonl"

    @property
    def key_files(self) -> str:
        """The list that the workflow maps over: one row for each key file."""
        return f"{self.work}/key-files.jsonl"

    def page_commit(self, page: int) -> str:
        return f"{self.work}/listing/{page:06d}.json"

    def key_file(self, page: int, nonce: str, index: int) -> str:
        return f"{self.work}/keys/{page:06d}-{nonce}-{index:03d}.jsonl"

    def seen_ids(self, page: int, nonce: str) -> str:
        """The ids of a list's page, for finding duplicates."""
        return f"{self.work}/listing/{page:06d}-{nonce}.ids.jsonl"

    def prepare_commit(self, file: int, step: int) -> str:
        return f"{self.work}/prepared/{file:06d}-{step:03d}.json"

    def part(self, round_: int, origin: str, nonce: str, index: int) -> str:
        """`origin` is the key file or the shard whose documents these are."""
        return f"{self.work}/r{round_:03d}/parts/{origin}-{nonce}-{index:04d}.jsonl"

    def outcome_file(self, origin: str, nonce: str) -> str:
        return f"{self.work}/outcomes/{origin}-{nonce}.jsonl"

    def plan(self, round_: int) -> str:
        return f"{self.work}/r{round_:03d}/plan.json"

    def input_prefix(self, round_: int, shard: int) -> str:
        return f"{self.work}/r{round_:03d}/s{shard:05d}/input/"

    def output_prefix(self, round_: int, shard: int) -> str:
        """Below it, the service makes a folder named after the job."""
        return f"{self.work}/r{round_:03d}/s{shard:05d}/output/"

    def settlement(self, round_: int, shard: int, nonce: str) -> str:
        return f"{self.work}/r{round_:03d}/s{shard:05d}/settled-{nonce}.json"

    def swept_answer(self, record_id: str) -> str:
        return f"{self.work}/sweep/answers/{record_id}.json"

    def sweep_commit(self, round_: int, part: int) -> str:
        return f"{self.work}/sweep/r{round_:03d}-{part:06d}.json"
