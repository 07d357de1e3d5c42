"""InvokeModel's body formats: each provider's own request and answer."""

from __future__ import annotations

from local.bedrock.formats.body_format import BodyFormat, ModelAnswer
from local.bedrock.formats.table import format_of

__all__ = ["BodyFormat", "ModelAnswer", "format_of"]
