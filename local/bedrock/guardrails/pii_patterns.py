"""How each type of personal data looks: patterns, check digits, and the words beside numbers that could be anything."""

from __future__ import annotations

import re
from collections.abc import Callable

from local.bedrock.guardrails import checksums as check

Check = Callable[[str], bool]
Pattern = tuple[re.Pattern[str], Check | None]  # the group `v` is the value, else the whole match
_IS = r"(?:\s+(?:number|code|no\.?|id|nr\.?))?\s*(?:[:=#]|\bis\b|\bwas\b)?\s*[:#]?\s*"
_OCTETS = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
_STREET = (
    r"Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Place|Pl|Terrace|Way|Parkway"
    r"|Highway|Hwy|Close|Crescent"
)
_FIRST_NAMES = (
    "Ada|Alan|Alice|Amy|Andrew|Angela|Anna|Anthony|Ashley|Barbara|Benjamin|Brian|Carlos|Carol|Charles|Christine"
    "|Christopher|Cynthia|Daniel|David|Deborah|Dennis|Diana|Donald|Donna|Dorothy|Edward|Elizabeth|Emily|Emma|Eric"
    "|Frank|George|Grace|Hannah|Helen|Henry|Jack|Jacob|James|Jane|Janet|Jason|Jeffrey|Jennifer|Jessica|John|Jonathan"
    "|Joseph|Joshua|Juan|Julia|Karen|Katherine|Kenneth|Kevin|Larry|Laura|Linda|Lisa|Maria|Marie|Mark|Martha|Martin"
    "|Mary|Matthew|Michael|Michelle|Nancy|Nicholas|Nicole|Olivia|Pamela|Patricia|Patrick|Paul|Peter|Rachel|Rebecca"
    "|Richard|Robert|Ronald|Ruth|Ryan|Samantha|Samuel|Sandra|Sarah|Scott|Sharon|Sophia|Stephanie|Stephen|Steven|Susan"
    "|Thomas|Timothy|Victoria|Virginia|Walter|William|Zachary"
)
_PERSON = r"[A-Z][a-z'’-]+(?:\s+[A-Z][a-z'’-]+){0,2}"


def _plain(pattern: str, test: Check | None = None) -> Pattern:
    return re.compile(pattern), test


def _beside(words: str, value: str, test: Check | None = None) -> Pattern:
    """A value that only the words before it tell from any other number."""
    return re.compile(rf"(?i:\b(?:{words})\b){_IS}(?P<v>{value})(?![\w])"), test


PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "ADDRESS": (
        _plain(
            rf"\b\d{{1,5}}[A-Za-z]?,? (?:[A-Z][\w'’.-]*\s){{1,4}}(?:{_STREET})\b\.?"
            r"(?:,\s*(?:[A-Z][\w'’-]*\s?){1,3})?(?:,?\s*[A-Z]{2})?(?:,?\s*\d{5}(?:-\d{4})?\b)?"
        ),
    ),
    "AGE": (
        _plain(r"\b(?P<v>\d{1,3})[ -](?:years?|yrs?)[ -]old\b"),
        _plain(r"(?i:\baged?)(?:\s+is|\s+of|:)?\s+(?P<v>\d{1,3})\b"),
    ),
    "AWS_ACCESS_KEY": (_plain(r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|AIPA)[A-Z0-9]{16}\b"),),
    "AWS_SECRET_KEY": (
        _plain(
            r"(?<![A-Za-z0-9/+=])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])(?=[A-Za-z/+]{0,39}\d)"
            r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
        ),
    ),
    "CA_HEALTH_NUMBER": (
        _beside(r"health (?:card|insurance|care)|health|OHIP|PHN", r"\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?"),
    ),
    "CA_SOCIAL_INSURANCE_NUMBER": (
        _plain(r"(?<![\w-])\d{3}[ -]\d{3}[ -]\d{3}(?![\w-])", check.luhn),
        _beside(r"SIN|social insurance", r"\d{3}[ -]?\d{3}[ -]?\d{3}"),
    ),
    "CREDIT_DEBIT_CARD_CVV": (_beside(r"cvv2?|cvc2?|csc|card security|security code", r"\d{3,4}"),),
    "CREDIT_DEBIT_CARD_EXPIRY": (
        _beside(
            r"exp(?:iry|ires|iration)?(?: date| on)?|valid (?:thru|through|until|to)",
            r"(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d{2}",
        ),
    ),
    "CREDIT_DEBIT_CARD_NUMBER": (_plain(r"(?<![\w.])(?:\d[ -]?){12,18}\d(?![\w])", check.is_card),),
    "DRIVER_ID": (
        _beside(
            r"driver['’]?s? (?:licen[cs]e|id)|driving licen[cs]e",
            r"(?=[A-Z0-9 -]*\d)[A-Z0-9][A-Z0-9 -]{4,17}[A-Z0-9]",
        ),
    ),
    "EMAIL": (_plain(r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b"),),
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": (
        _plain(r"\b[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?\b", check.is_iban),
        _plain(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", check.is_iban),
    ),
    "IP_ADDRESS": (
        _plain(_OCTETS, check.is_address),
        _plain(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])", check.is_address),
    ),
    "LICENSE_PLATE": (
        _beside(
            r"licen[cs]e plate|number plate|registration plate|plate",
            r"(?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4})?",
        ),
    ),
    "MAC_ADDRESS": (_plain(r"\b(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\b"),),
    "NAME": (
        _plain(rf"\b(?i:my name is|this is|called|name:)\s+(?P<v>{_PERSON})"),
        _plain(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+(?P<v>{_PERSON})"),
        _plain(rf"\b(?:{_FIRST_NAMES})(?:\s+[A-Z]\.)?\s+[A-Z][a-z'’-]+\b"),
    ),
    "PASSWORD": (
        _plain(r"(?i:\b(?:pass(?:word|wd|phrase|code)|pwd)\b)(?:\s+(?:is|was|to)\s+|\s*[:=]\s*)[\"'“`]?"
               r"(?P<v>[^\s\"'”`,;]{4,64}(?<![.!?]))", check.is_secret),
    ),
    "PHONE": (
        _plain(r"(?<![\w.-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])"),
        _plain(r"(?<![\w+])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?!\w)", check.is_phone),
        _beside(r"phone|telephone|tel|mobile|cell|fax|call(?: me)?(?: at| on)?", r"\d[\d .-]{5,14}\d", check.is_phone),
    ),
    "PIN": (_beside(r"PIN", r"\d{4,6}"),),
    "SWIFT_CODE": (_beside(r"SWIFT(?:[ /-]BIC)?|BIC", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"),),
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER": (_beside(r"NHS", r"\d{3}[ -]?\d{3}[ -]?\d{4}", check.is_nhs_number),),
    "UK_NATIONAL_INSURANCE_NUMBER": (
        _plain(
            r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
        ),
    ),
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER": (_beside(r"UTR|unique taxpayer reference", r"\d{5} ?\d{5}"),),
    "URL": (_plain(r"\b(?:https?://|www\.)[^\s<>\"'”)\]}]+(?<![.,;:!?])"),),
    "USERNAME": (
        _plain(
            r"(?i:\b(?:user ?name|user id|login|handle)\b)(?:\s+is\s+|\s*[:=]\s*)[\"'“`]?"
            r"(?P<v>[\w@-][\w.@-]{1,62}\w)"
        ),
    ),
    "US_BANK_ACCOUNT_NUMBER": (_beside(r"(?:bank |checking |savings )?(?:account|acct)", r"\d[\d -]{6,16}\d"),),
    "US_BANK_ROUTING_NUMBER": (_beside(r"routing|ABA|RTN", r"\d{9}", check.is_routing_number),),
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": (
        _plain(r"(?<![\w-])9\d{2}[- ](?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[- ]\d{4}(?![\w-])"),
    ),
    "US_PASSPORT_NUMBER": (_beside(r"passport", r"[A-Z]?\d{8,9}"),),
    "US_SOCIAL_SECURITY_NUMBER": (
        _plain(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])"),
        _beside(r"SSN|social security", r"(?!000|666|9\d\d)\d{3}[ -]?\d{2}[ -]?\d{4}"),
    ),
    "VEHICLE_IDENTIFICATION_NUMBER": (_plain(r"\b[A-HJ-NPR-Z0-9]{17}\b", check.is_vehicle_number),),
}  # fmt: skip


def find_pii(kind: str, text: str) -> list[tuple[int, int]]:
    """Where this type of data stands in the text."""
    spans: list[tuple[int, int]] = []
    for pattern, test in PATTERNS.get(kind, ()):
        for match in pattern.finditer(text):
            group: str | int = "v" if "v" in pattern.groupindex else 0
            if test is None or test(match[group]):
                spans.append(match.span(group))
    return sorted(set(spans))
