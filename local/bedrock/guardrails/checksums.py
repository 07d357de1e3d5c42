"""Check digits of numbers that identify people and their accounts."""

from __future__ import annotations

import ipaddress
import re

_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9],
                       strict=True))  # fmt: skip
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isascii() and character.isdigit()]


def luhn(text: str) -> bool:
    """ISO/IEC 7812: payment cards, Canadian social insurance numbers."""
    digits = _digits(text)[::-1]
    total = sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return len(digits) > 1 and any(digits) and total % 10 == 0


def is_card(text: str) -> bool:
    """13 to 19 digits that begin as cards do."""
    digits = _digits(text)
    return 13 <= len(digits) <= 19 and digits[0] in {2, 3, 4, 5, 6} and luhn(text)


def is_iban(text: str) -> bool:
    """ISO 13616, modulo 97."""
    plain = re.sub(r"\s", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def is_routing_number(text: str) -> bool:
    """American Bankers Association, weights 3, 7, 1."""
    digits = _digits(text)
    return len(digits) == 9 and any(digits) and sum(d * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def is_nhs_number(text: str) -> bool:
    """National Health Service, modulo 11."""
    digits = _digits(text)
    if len(digits) != 10:
        return False
    check = 11 - sum(digit * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return check % 11 == digits[9] and check != 10


def is_vehicle_number(text: str) -> bool:
    """ISO 3779 with the North American check digit."""
    if len(text) != 17 or text.isdigit() or text.isalpha():
        return False
    values = [int(each) if each.isdigit() else _VIN_VALUES.get(each, 0) for each in text]
    rest = sum(value * weight for value, weight in zip(values, _VIN_WEIGHTS, strict=True)) % 11
    return text[8] == ("X" if rest == 10 else str(rest))


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_phone(text: str) -> bool:
    """7 to 15 digits, as in E.164."""
    return 7 <= len(_digits(text)) <= 15


def is_secret(text: str) -> bool:
    """A word that was made to be hard to guess: with a digit or a sign in it, and no placeholder."""
    return not re.fullmatch(r"[{<\[(*].*|\*+", text) and bool(re.search(r"[\d\W_]", text.rstrip(".!?")))
