"""What every mail says whoever wrote it, per language: who sends it for whom (S-009), that it is an advertisement (L-006), the calendar's title, and
of a test that it is one."""

from typing import Final

from services.mailer.content.fields import SenderFields

_SENT_BY: Final = {
    "en": "This e-mail was sent by {operator} on behalf of {business}.",
    "es": "Este correo fue enviado por {operator} en nombre de {business}.",
    "fr": "Ce courriel a été envoyé par {operator} pour le compte de {business}.",
}
_ADVERTISEMENT: Final = {
    "en": "This is an advertisement from {business}.",
    "es": "Este mensaje es publicidad de {business}.",
    "fr": "Ceci est une publicité de {business}.",
}
_TEST: Final = {
    "en": ("[Test]", "This is a test for the staff of {business}, with sample data. Its links change nothing."),
    "es": (
        "[Prueba]",
        "Esta es una prueba para el personal de {business}, con datos de ejemplo. Sus enlaces no cambian nada.",
    ),
    "fr": (
        "[Essai]",
        "Ceci est un essai pour le personnel de {business}, avec des exemples de données. Ses liens ne changent rien.",
    ),
}
_APPOINTMENT: Final = {
    "en": "Appointment at {business}",
    "es": "Cita en {business}",
    "fr": "Rendez-vous chez {business}",
}
LANGUAGES: Final = frozenset(_SENT_BY)
"""Languages a content may be written in: those the required sentences exist in."""


def write_sender_fields(
    *,
    language: str,
    operator: str,
    business_name: str,
    location_name: str,
    phone: str,
    website: str,
    postal_address: str,
) -> SenderFields:
    """Return the mailer's own fields for a location in `language`; English where a language is not known."""
    names = {"operator": operator, "business": business_name}
    return SenderFields(
        business_name=business_name,
        location_name=location_name,
        phone=phone,
        website=website,
        postal_address=postal_address,
        sent_by=_SENT_BY.get(language, _SENT_BY["en"]).format(**names),
        advertisement=_ADVERTISEMENT.get(language, _ADVERTISEMENT["en"]).format(**names),
    )


def write_test_marks(language: str, business_name: str) -> tuple[str, str]:
    """Return what stands in front of the subject of a test, and the line above its text."""
    prefix, line = _TEST.get(language, _TEST["en"])
    return prefix, line.format(business=business_name)


def title_appointment(language: str, business_name: str) -> str:
    """Return what an appointment is called in a reader's calendar: with whom it is and nothing more, because others see calendars, too (L-106)."""
    return _APPOINTMENT.get(language, _APPOINTMENT["en"]).format(business=business_name)
