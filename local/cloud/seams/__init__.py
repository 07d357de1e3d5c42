"""What moto lacks of AWS, each in a small module; `install_all` puts every seam in place once per process."""

from __future__ import annotations

from local.cloud.seams import (
    api_gateway_types,
    buckets,
    conditional_puts,
    event_delivery,
    executions,
    function_invocation,
    guardrail_types,
    jsonata_expressions,
    jsonl_items,
    knowledge_types,
    lambda_task_errors,
    map_run_histories,
    notification_types,
    object_events,
    parsed_definitions,
    policy_types,
    queues,
    request_routing,
    sdk_tasks,
    search_types,
    service_models,
    state_machines,
    tables,
    task_clients,
    templates,
    upload_forms,
    vector_indexes,
    vector_types,
    workflow_clock,
)

ALL = (
    service_models,
    request_routing,
    templates,
    api_gateway_types,
    guardrail_types,
    vector_indexes,
    vector_types,
    knowledge_types,
    search_types,
    policy_types,
    notification_types,
    buckets,
    conditional_puts,
    upload_forms,
    object_events,
    event_delivery,
    function_invocation,
    queues,
    state_machines,
    parsed_definitions,
    tables,
    executions,
    task_clients,
    sdk_tasks,
    jsonata_expressions,
    jsonl_items,
    lambda_task_errors,
    map_run_histories,
    workflow_clock,
)


def install_all() -> None:
    """Install every seam; raises `SeamMovedError` when this version of moto has none of the replaced names."""
    for seam in ALL:
        seam.install()
