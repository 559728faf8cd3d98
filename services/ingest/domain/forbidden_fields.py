"""What never enters the house: identity numbers, insurance ids, clinical text, card numbers (S-059, N-85)."""

import re
from typing import Final

_NAMES: Final = (
    "ssn", "social_security_number", "social_security", "medicaid_id", "medicare_id", "insurance_id", "insurance_number", "insurance_member_id",
    "policy_number", "subscriber_number", "group_number", "card_number", "credit_card", "credit_card_number", "debit_card", "cc_number", "cvv", "cvc",
    "card_expiry", "bank_account", "iban", "routing_number", "med_urg_note", "medical_note", "medical_notes", "clinical_note", "clinical_notes",
    "chart_notes", "progress_notes", "diagnosis", "diagnoses", "diagnosis_code", "conditions", "medications", "allergies", "medical_history",
    "treatment_plan", "treatment_notes", "procedure_codes", "x_rays", "lab_results", "race", "ethnicity", "religion", "passport_number",
    "drivers_license", "driver_license", "license_number", "password",
)  # fmt: skip
_SQUEEZED: Final = {name.replace("_", ""): name for name in _NAMES}
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")
_CARD: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)", re.ASCII)
SHORTEST_CARD: Final = 13


def forbidden_name(field: str) -> str | None:
    """Return our name of a forbidden field however the source spells it (`SocialSecurityNumber`, `med-urg-note`), or None."""
    return _SQUEEZED.get(_NOT_A_LETTER.sub("", field.lower()))


def blank_card_numbers(text: str) -> tuple[str, int]:
    """Return the text without card numbers (13 to 19 digits that pass the Luhn check, ISO/IEC 7812-1) and how many there were."""
    found = 0

    def blank(match: re.Match[str]) -> str:
        nonlocal found
        if not _passes_luhn(match[0]):
            return match[0]
        found += 1
        return ""

    return _CARD.sub(blank, text), found


def _passes_luhn(text: str) -> bool:
    digits = [int(letter) for letter in reversed(text) if letter.isdigit()]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return any(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0
