"""The local AWS: moto in this process, completed where the product needs more, deployed from the cloud assembly."""

from local.cloud.deployer import DeploymentFailedError, deploy
from local.cloud.event_sources import EventSources
from local.cloud.seams.function_invocation import set_invoker
from local.cloud.server import Cloud
from local.environment import ACCOUNT, REGION
from local.ports import PortBusyError

__all__ = [
    "ACCOUNT",
    "REGION",
    "Cloud",
    "DeploymentFailedError",
    "EventSources",
    "PortBusyError",
    "deploy",
    "set_invoker",
]
