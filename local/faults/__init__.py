"""Faults on demand: rules that break calls, streams, events and functions of the local stack, repeatably."""

from __future__ import annotations

from local.faults.book import FaultBook, StandingRule
from local.faults.rule import FaultRule, FaultRuleError, read_rules, rules_from

__all__ = ["FaultBook", "FaultRule", "FaultRuleError", "StandingRule", "read_rules", "rules_from"]
