"""Turns a dropped object into a registered document and a started workflow, and a deleted one into its end."""

from __future__ import annotations

from typing import Literal

from lambdas.shared.domain.document import must_start
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.execution import SummaryWorkflow, run_of
from lambdas.shared.services.drop_register import DropRegister

StartOutcome = Literal["started", "deleted", "ignored", "outdated_or_done"]


class StartSummary:
    """Safe to repeat for the same event: the record is written first, and the execution has one name for ever."""

    def __init__(self, *, register: DropRegister, workflow: SummaryWorkflow) -> None:
        self._register = register
        self._workflow = workflow

    def start(self, dropped: DroppedObject) -> StartOutcome:
        """Register and start, unless it is no document, is older than what is registered, or was started before."""
        if not dropped.is_document:
            return "ignored"
        arrived, standing = self._register.arrive(dropped)
        if not must_start(arrived, standing):
            return "outdated_or_done"
        self._workflow.start(run_of(dropped, tenant=arrived.tenant))
        return "started"

    def delete(self, deletion: DeletedObject) -> StartOutcome:
        """Mark the document DELETED, unless a newer version stands. What it became stays where it is."""
        return self._register.remove(deletion).outcome if deletion.version.is_document else "ignored"
