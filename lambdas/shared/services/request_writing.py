"""What the steps that write a document's requests share: records, files, and who decides about the words."""

from __future__ import annotations

from typing import NamedTuple

from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.object_store import ObjectStore
from lambdas.shared.domain.summary_options import SummaryOptions, TenantOptions
from lambdas.shared.domain.summary_request import SummaryPrompts, SummaryRequests
from lambdas.shared.services.request_files import RequestFiles


class RequestWriting(NamedTuple):
    """`options`: what a tenant has not chosen itself; `bucket` holds the files between steps."""

    documents: DocumentStore
    objects: ObjectStore
    prompts: SummaryPrompts
    tenants: TenantOptions
    options: SummaryOptions
    model: ResolvedModel
    bucket: str

    @property
    def files(self) -> RequestFiles:
        return RequestFiles(self.objects, bucket=self.bucket)

    def requests_of(self, tenant: str) -> SummaryRequests:
        """Who writes this tenant's requests."""
        return self.prompts.requests(self.model, self.tenants.options_of(tenant, self.options))
