"""How documents of the Knowledge Base are cut into passages, and what of it makes a Knowledge Base another one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any

from stacks.setting_rules import one_of, refuse, whole_number

_TOKENS = whole_number(20, 8192)


@dataclass(frozen=True, slots=True)
class KnowledgeChunking:
    """`strategy` says which of the other values are used; https://docs.aws.amazon.com/bedrock/latest/userguide/kb-chunking.html

    fixed: `max_tokens`, `overlap_percent`; hierarchical: passages of `max_tokens` within `parent_tokens`, with
    `overlap_tokens`; semantic: `max_tokens`, `buffer_sentences`, `breakpoint_percentile`; none: a document is one
    passage.
    """

    strategy: Annotated[str, one_of("fixed", "hierarchical", "semantic", "none")]
    max_tokens: Annotated[int, _TOKENS]
    overlap_percent: Annotated[int, whole_number(1, 99)]
    parent_tokens: Annotated[int, _TOKENS]
    overlap_tokens: Annotated[int, whole_number(1, 4096)]
    buffer_sentences: Annotated[int, whole_number(0, 1)]
    breakpoint_percentile: Annotated[int, whole_number(50, 99)]

    def check(self, path: str) -> None:
        """Raises SettingsError for a hierarchy upside down."""
        if self.strategy == "hierarchical" and self.parent_tokens <= self.max_tokens:
            raise refuse(f"{path}.parent_tokens", f"is {self.parent_tokens}; it must be above max_tokens")

    @property
    def configuration(self) -> dict[str, Any]:
        """A data source's `ChunkingConfiguration`, with the names of CloudFormation."""
        fixed = {"MaxTokens": self.max_tokens, "OverlapPercentage": self.overlap_percent}
        levels = [{"MaxTokens": self.parent_tokens}, {"MaxTokens": self.max_tokens}]
        semantic = {
            "MaxTokens": self.max_tokens,
            "BufferSize": self.buffer_sentences,
            "BreakpointPercentileThreshold": self.breakpoint_percentile,
        }
        configurations: dict[str, dict[str, Any]] = {
            "fixed": {"ChunkingStrategy": "FIXED_SIZE", "FixedSizeChunkingConfiguration": fixed},
            "hierarchical": {
                "ChunkingStrategy": "HIERARCHICAL",
                "HierarchicalChunkingConfiguration": {
                    "LevelConfigurations": levels,
                    "OverlapTokens": self.overlap_tokens,
                },
            },
            "semantic": {"ChunkingStrategy": "SEMANTIC", "SemanticChunkingConfiguration": semantic},
            "none": {"ChunkingStrategy": "NONE"},
        }
        return configurations[self.strategy]


def knowledge_fingerprint(chunking: KnowledgeChunking, *, model: str, dimensions: int, vector_store: str) -> str:
    """Eight characters that change with everything that cannot be changed in a Knowledge Base that exists: resources
    that carry them are replaced together, and `ops knowledge sync` fills the new ones."""
    parts = json.dumps([chunking.configuration, model, dimensions, vector_store], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:8]
