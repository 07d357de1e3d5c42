"""A local Bedrock inside moto: `install(choose_brain(os.environ))` before the server starts."""

from __future__ import annotations

from local.bedrock.brain import Brain
from local.bedrock.brain_choice import choose_brain
from local.bedrock.installation import install
from local.bedrock.ollama_offer import ollama_offer

__all__ = ["Brain", "choose_brain", "install", "ollama_offer"]
