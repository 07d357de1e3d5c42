"""Who writes the requests of a run: its model's, with its tenant's options."""

from __future__ import annotations

from dataclasses import replace

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.domain.summary_options import SummaryOptions, TenantOptions
from lambdas.shared.domain.summary_request import SummaryPrompts, SummaryRequests


class TenantRequests:
    """Options are read once for a run in a process: a tenant that changes them meanwhile means its next run."""

    def __init__(
        self, *, prompts: SummaryPrompts, tenants: TenantOptions, options: SummaryOptions, catalog: ModelCatalog
    ) -> None:
        self._prompts = prompts
        self._tenants = tenants
        self._options = options
        self._catalog = catalog
        self._known: dict[str, SummaryRequests] = {}

    def of(self, run: BulkRun) -> SummaryRequests:
        """Raises UnknownModelError where the run's model is not allowed any more."""
        found = self._known.get(run.run_id)
        if found is None:
            options = self._tenants.options_of(run.tenant, self._options)
            options = replace(options, style=run.style) if run.style else options  # type: ignore[arg-type]
            found = self._prompts.requests(self._catalog.resolve(run.model_id), options)
            self._known[run.run_id] = found
        return found
