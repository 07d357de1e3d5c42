"""Prompts from the files of the catalogue that is deployed with the function."""

from __future__ import annotations

from pathlib import Path

from lambdas.shared.domain.prompt import Prompt, parse_prompt

# The task root in Lambda, the project's folder on a laptop.
_PROMPTS = Path(__file__).parents[3] / "catalog" / "prompts"


class FilePromptLibrary:
    """`PromptLibrary`: a prompt's version is its file's name without `.md`."""

    def __init__(self, folder: Path = _PROMPTS) -> None:
        self._folder = folder

    def load(self, version: str) -> Prompt:
        try:
            text = (self._folder / f"{version}.md").read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise KeyError(version) from error
        return parse_prompt(version, text)
