"""Fakes of what decides how a summary is asked for."""

from __future__ import annotations

from lambdas.shared.domain.prompt import Prompt
from lambdas.shared.domain.summary_options import SummaryOptions


class StaticPrompts:
    """A prompt library of short prompts, so that tests see the material."""

    def load(self, version: str) -> Prompt:
        system = "Summarize. {{language}}\n{{instructions}}\nBriefly."
        return Prompt(version, system, "<document>{{document}}</document>")


class InMemoryTenantOptions:
    """Tenants' choices in a dictionary."""

    def __init__(self) -> None:
        self.chosen: dict[str, SummaryOptions] = {}

    def options_of(self, tenant: str, default: SummaryOptions) -> SummaryOptions:
        return self.chosen.get(tenant, default)
