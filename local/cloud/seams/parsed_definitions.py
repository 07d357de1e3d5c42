"""A state machine's text and its JSON paths are parsed once, not at every execution and at every state.

One parse of a workflow takes 50 ms and one of a path 4 ms; a thousand executions would spend most of their time there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.asl.utils import json_path

from local.cloud.seams.patching import replace

_KEPT_DEFINITIONS, _KEPT_PATHS = 64, 4096


def _remembered_tree(original: Callable[[str], tuple[Any, Any]]) -> Callable[[str], tuple[Any, Any]]:
    @lru_cache(maxsize=_KEPT_DEFINITIONS)
    def tree(definition: str) -> Any:
        return original(definition)[1]

    def parse(definition: str) -> tuple[Any, Any]:
        """The components are made anew for each execution: they count its retries."""
        parsed = tree(definition)
        return Preprocessor().visit(parsed), parsed

    return parse


def _remembered_path(original: Callable[[str], Any]) -> Callable[[str], Any]:
    return lru_cache(maxsize=_KEPT_PATHS)(original)


@cache
def install() -> None:
    """Put the remembering forms in place of the parsers."""
    replace(AmazonStateLanguageParser, "parse", _remembered_tree)
    for module in (json_path, result_path):
        replace(module, "parse", _remembered_path)
