"""A guardrail as CloudFormation would have deployed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GUARDRAIL_ID = "abcdef123456"
ARN = f"arn:aws:bedrock:us-east-1:123456789012:guardrail/{GUARDRAIL_ID}"
BLOCKED_INPUT = "Nothing of that comes in."
BLOCKED_OUTPUT = "Nothing of that goes out."

PROPERTIES: dict[str, Any] = {
    "Name": "policy",
    "BlockedInputMessaging": BLOCKED_INPUT,
    "BlockedOutputsMessaging": BLOCKED_OUTPUT,
    "ContentPolicyConfig": {
        "FiltersConfig": [
            {"Type": "INSULTS", "InputStrength": "MEDIUM", "OutputStrength": "MEDIUM"},
            {"Type": "VIOLENCE", "InputStrength": "HIGH", "OutputStrength": "HIGH"},
            {"Type": "PROMPT_ATTACK", "InputStrength": "HIGH", "OutputStrength": "NONE"},
        ]
    },
    "TopicPolicyConfig": {
        "TopicsConfig": [
            {
                "Name": "Investment advice",
                "Definition": "Recommendations about which stocks, funds or other investments to buy or sell.",
                "Examples": ["Which stocks should I buy now?", "Is this fund a good investment?"],
                "Type": "DENY",
            }
        ]
    },
    "WordPolicyConfig": {
        "WordsConfig": [
            {"Text": "zanzibar project"},
            {"Text": "outward", "InputEnabled": "false"},
            {"Text": "inward", "OutputEnabled": False},
        ],
        "ManagedWordListsConfig": [{"Type": "PROFANITY"}],
    },
    "SensitiveInformationPolicyConfig": {
        "PiiEntitiesConfig": [
            {"Type": "EMAIL", "Action": "ANONYMIZE"},
            {"Type": "US_SOCIAL_SECURITY_NUMBER", "Action": "BLOCK"},
            {"Type": "IP_ADDRESS", "Action": "NONE"},
            {"Type": "PHONE", "Action": "ANONYMIZE", "InputAction": "NONE"},
        ],
        "RegexesConfig": [{"Name": "ticket", "Pattern": r"TCK-\d{4}", "Action": "ANONYMIZE"}],
    },
}


@dataclass(slots=True)
class Deployed:
    """What the local cloud keeps of a guardrail."""

    guardrail_id: str = GUARDRAIL_ID
    arn: str = ARN
    versions: dict[str, Any] = field(
        default_factory=lambda: {
            "DRAFT": {**PROPERTIES, "BlockedInputMessaging": "A draft says no."},
            "1": PROPERTIES,
            "2": {
                "BlockedInputMessaging": BLOCKED_INPUT,
                "BlockedOutputsMessaging": BLOCKED_OUTPUT,
                "ContextualGroundingPolicyConfig": {
                    "FiltersConfig": [
                        {"Type": "GROUNDING", "Threshold": 0.6},
                        {"Type": "RELEVANCE", "Threshold": 0.3, "Action": "NONE"},
                    ]
                },
            },
        }
    )


_DEPLOYED = Deployed()


def find(identifier: str) -> Deployed | None:
    """By id or ARN."""
    return _DEPLOYED if identifier in {GUARDRAIL_ID, ARN} else None
