"""Words the lint looks for. Lists, not cleverness: an author can be told exactly which word it was.

They err on the strict side: a refused subject costs its author a minute, a procedure in the subject of a family's mailbox cannot be taken back.
"""

import re
from typing import Final

_SPECIALITY: Final = (
    r"abscess\w*|anesthe\w+|biops\w+|bleeding|braces|bridges?|bruxism|canal|cancer|caries|cavit(?:y|ies)|cleanings?|crowns?|decay|dentures?|diagnos\w+|"
    r"disease|endodont\w+|exam(?:ination)?s?|extractions?|fillings?|fluoride|gingiv\w+|gums?|hiv|hygien\w+|implants?|infect\w+|inlays?|invisalign|"
    r"medication|molars?|oncolog\w+|onlays?|orthodont\w+|pathology|pediatric|periodont\w+|plaque|prescriptions?|procedures?|prophy\w*|radiograph\w*|"
    r"retainers?|scaling|sealants?|sedation|surg\w+|symptoms?|tooth|teeth|treatments?|veneers?|whitening|wisdom|x-?rays?"
)
_SPECIALITY_ES: Final = (
    r"caries|cirug[ií]a|conducto|coronas?|diagn[oó]stico|dentadura|empastes?|enc[ií]as?|endodoncia|extracci[oó]n|implantes?|limpieza|muelas?|"
    r"ortodoncia|periodon\w+|radiograf[ií]a|tratamiento"
)
_MONEY: Final = r"balances?|past due|overdue|owe[ds]?|insurance|claims?|saldo|deuda|seguro"

HEALTH: Final = re.compile(rf"\b(?:{_SPECIALITY}|{_SPECIALITY_ES}|{_MONEY})\b", re.IGNORECASE)
"""Procedures, diagnoses, specialities and money: never in what a shared mailbox shows without opening (L-106, L-102)."""

HEALTH_FIELDS: Final = re.compile(r"\b(?:procedure|diagnosis|provider|balance|service|treatment)\b")
"""Fields whose value may say the same."""

OFFER: Final = re.compile(
    r"\d\s?% ?(?:off|de descuento)|\$\s?\d+ off|\bdiscounts?\b|\bcoupons?\b|\bspecial offers?\b|\bpromo\w*\b|\bsave \$?\d|\bgift cards?\b|"
    r"\bfree (?!to\b)\w+|\brefer a friend\b|\bbuy one\b|\bdescuentos?\b|\bcup[oó]n(?:es)?\b|\bofertas?\b|\bgratis\b|\brabais\b|\bgratuit\w*\b",
    re.IGNORECASE,
)
"""Promotion: refused in transactional content altogether (L-002, stricter than the law and simple)."""

FALSE_THREAD: Final = re.compile(r"^\s*(?:re|fw|fwd|aw|wg|rv|tr)\s*(?:\[\d+\])?:", re.IGNORECASE)
"""A first mail that pretends to be an answer (L-005)."""

FALSE_NEED: Final = re.compile(
    r"\bappointment (?:is )?confirmed\b|\byour (?:invoice|receipt|order)\b|\baccount (?:suspended|alert|locked)\b|\bfinal notice\b|\burgent\b|"
    r"\baction required\b|\bcita confirmada\b|\bfactura\b|\brendez-vous confirm",
    re.IGNORECASE,
)
"""A commercial mail that pretends to be a transaction (L-005)."""
