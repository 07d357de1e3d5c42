"""API Gateway's REST API on this machine: routes, authorizer, integrations and errors read from the deployment."""

from local.api.front import ApiFront

__all__ = ["ApiFront"]
