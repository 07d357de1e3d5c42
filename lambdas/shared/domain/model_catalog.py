"""Which model is meant: resolves an alias, id, profile id or ARN to what is sent to Bedrock and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.errors import UnknownModelError
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_card import ModelCard

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html#amazonbedrock-resources-for-iam-policies
_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[\w-]*:\d*:(?P<type>[\w-]+)/(?P<id>.+)")
_ONE = Decimal(1)


class ResolvedModel(NamedTuple):
    """`model_id` is what is sent to Bedrock (it may be a profile's); prices are the card's times `price_ratio`."""

    model_id: str
    card: ModelCard
    price_ratio: Decimal = _ONE


class ModelCatalog:
    """The catalogue's cards with one deployment's aliases and allowed ids (an alias allows its target)."""

    def __init__(
        self,
        cards: Iterable[ModelCard],
        *,
        aliases: Mapping[str, str] | None = None,
        allowed: Iterable[str] = (),
        guardrail_prices: GuardrailPrices | None = None,
    ) -> None:
        self.guardrail_prices = guardrail_prices or GuardrailPrices()
        self._cards = {card.id: card for card in cards}
        self._aliases = dict(aliases or {})
        self._allowed = frozenset(allowed) | frozenset(self._aliases.values())

    @property
    def aliases(self) -> Mapping[str, str]:
        """Alias -> model or profile id."""
        return self._aliases

    @property
    def allowed(self) -> frozenset[str]:
        """Every model or profile id that this deployment may call."""
        return self._allowed

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """All cards, also those that this deployment does not allow."""
        return tuple(self._cards.values())

    @property
    def quota_labels(self) -> dict[str, str]:
        """What Service Quotas calls each model, by the card's id; models whose name is not known are left out."""
        return {card.id: card.quota_label for card in self.cards if card.quota_label}

    def resolve(self, name: str) -> ResolvedModel:
        """`name`: alias, model id, profile id, foundation-model ARN or system-defined inference-profile ARN.

        Raises UnknownModelError, whose message tells unknown from not allowed and says what to do."""
        model_id = self._aliases.get(name) or self._id_of(name)
        resolved = self._look_up(model_id)
        if resolved is None:
            raise UnknownModelError(self._unknown_message(name, model_id))
        if resolved.model_id == resolved.card.id and not resolved.card.on_demand:
            raise UnknownModelError(self._needs_profile_message(resolved.card))
        if model_id not in self._allowed:
            raise UnknownModelError(
                f"model {_shown(name)} is known but not allowed in this deployment; "
                f"add {model_id!r} to the deployment's allowed models. {self._what_works()}"
            )
        return resolved

    def _look_up(self, model_id: str) -> ResolvedModel | None:
        card = self._cards.get(model_id)
        if card is not None:
            return ResolvedModel(model_id, card)
        prefix, _, base_id = model_id.partition(".")
        card = self._cards.get(base_id)
        profile = (card.profiles or {}).get(prefix) if card else None
        return ResolvedModel(model_id, card, profile.price_ratio) if card and profile else None

    def _id_of(self, name: str) -> str:
        arn = _ARN.fullmatch(name)
        if arn is None:
            return name
        if arn["type"] not in ("foundation-model", "inference-profile"):
            raise UnknownModelError(
                f"{_shown(name)} does not say which model it stands for (a {arn['type']}), so it can neither be "
                f"fitted nor priced; name the model or its system-defined profile. {self._what_works()}"
            )
        return arn["id"]

    def _unknown_message(self, name: str, model_id: str) -> str:
        card = self._cards.get(model_id.partition(".")[2])
        if card is not None:
            known = f"the catalogue has these profiles of {card.id}: {_listed(card.profile_ids) or 'none'}."
        elif name in self._aliases:
            known = f"the alias points at {model_id!r}, which is not in catalog/models.toml."
        else:
            known = "it is neither an alias nor in catalog/models.toml."
        return f"unknown model {_shown(name)}: {known} {self._what_works()}"

    def _needs_profile_message(self, card: ModelCard) -> str:
        usable = [profile_id for profile_id in card.profile_ids if profile_id in self._allowed]
        return (
            f"model {card.id!r} can only be called through an inference profile: "
            f"use {_listed(usable or card.profile_ids) or 'another model'}. {self._what_works()}"
        )

    def _what_works(self) -> str:
        return f"Aliases: {_listed(sorted(self._aliases)) or 'none'}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _shown(name: str) -> str:
    return repr(name if len(name) <= 100 else f"{name[:100]}...")
