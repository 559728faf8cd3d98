"""Words the lint looks for. Lists, not cleverness: an author can be told exactly which word it was.

They err on the strict side: a refused subject costs its author a minute, a procedure in the subject of a family's mailbox cannot be taken back.
"""

import re
from typing import Final

_SPECIALITY: Final = (
    r"abscess\w*|anesthe\w+|biops\w+|bleeding|braces|bridges?|bruxism|canal|cancer|caries|cavit(?:y|ies)|cleanings?|crowns?|decay|dentures?|diagnos\w+|"
    r"disease|endodont\w+|exam(?:ination)?s?|extractions?|fillings?|fluoride|gingiv\w+|gums?|hiv|hygien\w+|implants?|infect\w+|inlays?|invisalign|"
    r"medication|molars?|oncolog\w+|onlays?|orthodont\w+|pathology|pediatric|periodont\w+|plaque|prescriptions?|procedures?|prophy\w*|radiograph\w*|"
    r"pedodont\w+|prosthodont\w+|retainers?|root planing|scaling|sealants?|sedation|surg\w+|symptoms?|tooth|teeth|treatments?|"
    r"veneers?|whitening|wisdom|x-?rays?"
)
_SPECIALITY_ES: Final = (
    r"blanqueamiento|brackets|c[aá]ncer|caries|cirug[ií]a|cirujan[oa]|conducto|coronas?|dentaduras?|diagn[oó]sticos?|empastes?|enc[ií]as?|"
    r"endodon\w+|enfermedad|extracci[oó]n|fl[uú]or|frenos dentales|higienista|implantes?|infecci[oó]n|limpieza|medicamentos?|muelas?|"
    r"odontopediatr\w+|ortodon\w+|periodon\w+|pr[oó]tesis|puente dental|radiograf[ií]as?|receta m[eé]dica|sarro|s[ií]ntomas?|tratamientos?"
)
_MONEY: Final = r"balances?|past due|overdue|owe[ds]?|insurance|claims?|saldo|deuda|adeuda|adeudo|seguro|pago pendiente|copago|co-?pay(?:ment)?"

HEALTH: Final = re.compile(rf"\b(?:{_SPECIALITY}|{_SPECIALITY_ES}|{_MONEY})\b", re.IGNORECASE)
"""Procedures, diagnoses, specialities and money: never in what a shared mailbox shows without opening (L-106, L-102)."""

HEALTH_FIELDS: Final = re.compile(r"\b(?:procedure|diagnosis|provider|balance|service|treatment|insurance|claim)s?\b")
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

INVITATION: Final = re.compile(
    r"\b(?:leave|write|post|give) (?:us )?a review\b|\breview us\b|\brate us\b|\brefer (?:a|your) (?:friend|family)\w*\b|\bfollow us\b|"
    r"\blike us on\b|\b(?:subscribe|sign up) (?:to|for) (?:our )?newsletter\b|\bcheck out our\b|\bnew services?\b|\btell your friends\b|"
    r"\bd[eé]jenos (?:una|su) rese[nñ]a\b|\bs[ií]ganos en\b|\brecomiende a un amigo\b|\bsuscr[ií]base\b|\bnuevos servicios\b",
    re.IGNORECASE,
)
"""Promotion without a price: what it stands beside counts as commercial (L-003)."""

APPOINTMENT_CLAIM: Final = re.compile(
    r"\b(?:your|upcoming|scheduled|next) appointments?\b|\bappointments? (?:reminder|confirm\w+|details|notice|is|are|on|at)\b|"
    r"\b(?:su|sus|pr[oó]xima) citas?\b|\brecordatorio de (?:su )?cita\b|\bcita (?:confirmada|programada)\b|\bvotre rendez-vous\b",
    re.IGNORECASE,
)
"""Words that say there is an appointment (L-005)."""

BOOKING: Final = re.compile(
    r"\b(?:book|schedul(?:e|ing)|make|reserve|request|time for|plan)\b|\b(?:reserve|agende|programe|pida|solicite|hora de)\b|"
    r"\b(?:prenez|r[eé]servez)\b",
    re.IGNORECASE,
)
"""Words that invite to make one, which is honest."""

THIRD_PARTY: Final = re.compile(
    r"\bsponsor(?:ed|s|ing)?\b|\bour (?:trusted )?partners?\b|\bpartner(?:s|'s)? (?:offer|coupon|discount)s?\b|\baffiliate\b|"
    r"\bmanufacturer'?s?'? (?:coupon|rebate|offer|discount)s?\b|\bbrought to you by\b|\bin (?:partnership|cooperation) with\b|"
    r"\bpatrocinad[oa]s?\b|\bnuestros? socios?\b|\ben colaboraci[oó]n con\b|\bcup[oó]n del fabricante\b",
    re.IGNORECASE,
)
"""Somebody else's products and services in a business's mail (S-054, L-101)."""
