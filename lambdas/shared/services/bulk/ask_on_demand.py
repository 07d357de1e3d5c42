"""Asks a record of a bulk run on demand: metered, and within the places that all workflows share."""

from __future__ import annotations

from collections.abc import Callable

from lambdas.shared.domain.bulk.document_steps import AskedAnswer
from lambdas.shared.domain.bulk.part import ModelInput
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.converse import chat_request
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels
from lambdas.shared.services.model_slots import ModelSlots

OPERATION = "bulk.sweep"
CLIENT = "bulk"
_DOCUMENT_ID_LENGTH = len("doc_") + 24


class AskOnDemand:
    """`RecordAsker`. `metered` makes models whose next event has the given id. Documents were assessed when they were
    prepared, where the deployment wants that."""

    def __init__(self, *, metered: Callable[[str], MeteredModels], slots: ModelSlots) -> None:
        self._metered = metered
        self._slots = slots

    def ask(self, run: BulkRun, record_id: str, model_input: ModelInput, *, call_id: str) -> AskedAnswer:
        """Raises NoSlotError too: try again later."""
        request = chat_request(run.model_id, model_input)
        purpose = CallPurpose(
            tenant=run.tenant,
            client=CLIENT,
            subject=run.run_id,
            operation=OPERATION,
            reference=record_id[:_DOCUMENT_ID_LENGTH],
        )
        with self._slots.held(f"{run.run_id}/{record_id}"):
            reply = self._metered(call_id).reply(request, purpose)
        spent = Spent(reply.cost_usd, reply.guardrail_usd)
        return AskedAnswer(reply.text, reply.stop_reason, spent, reply.usage)
