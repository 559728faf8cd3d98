"""For each rule contents that break it and contents near the border that keep it, as changes of the good content."""

from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import Finding, LintRules
from shared.schemas.contents import TRANSACTIONAL_PURPOSES, CommercialPurpose
from tests.mailer.compliance.changes import (
    ADDRESS,
    ENGLISH,
    FOOTER,
    HEADING,
    HIDINGS,
    PLAIN,
    PREHEADER,
    WAY_OUT,
    again,
    bodies,
    body,
    mjml,
    plain,
    sheet,
    styled,
    subjects,
    text,
    unseen,
    without,
)
from tests.mailer.content.examples import FIELDS, GOOD, MJML, TEXT

RULES: Final = LintRules(
    own_hosts=frozenset(("www.example.com", "bit.ly")), procedure_names=frozenset(("Prophy Jet", "Rénovation"))
)


@dataclass(frozen=True)
class Case:
    """Changes of the good content that break a rule, and others that keep it."""

    breaks: tuple[dict[str, Any], ...]
    keeps: tuple[dict[str, Any], ...] = ({},)


AUTO: Final = {"vertical": "auto"}
CASES: Final[dict[str, Case]] = {
    "class_missing": Case(({"message_class": "unclear"}, {"message_class": ""}), ({}, PLAIN)),
    "class_unreasoned": Case(
        (PLAIN | {"purpose": None},),
        ({"purpose": None}, PLAIN, *(PLAIN | {"purpose": each} for each in TRANSACTIONAL_PURPOSES)),
    ),
    "class_contradicted": Case(
        tuple(PLAIN | {"purpose": each} for each in get_args(CommercialPurpose)),
        ({"purpose": "asked_for"}, {"purpose": "promotion"}, PLAIN),
    ),
    "offer_in_transactional": Case(
        (
            plain("Get 20% off"),
            plain("free whitening kit"),
            plain("descuento para usted"),
            PLAIN | {"subject": "{{ offer.text }}", "sample": FIELDS | {"offer": {"text": "x"}}},
        ),
        (PLAIN, plain("Feel free to call."), text("Get 20% off")),
    ),
    "invitation_in_transactional": Case(
        (plain("Please leave us a review."), plain("Follow us on the usual sites."), plain("Síganos en las redes.")),
        (PLAIN, text("Please leave us a review."), plain("We will review your notes.")),
    ),
    "subject_missing": Case(subjects("", "   "), subjects("{{ location.name }}")),
    "subject_misleading": Case(
        subjects("Re: your visit", "FWD: hello", "URGENT", "Your invoice", "RE[2]: x"),
        (*subjects("Regarding your visit", "Forward to spring"), PLAIN | {"subject": "Your invoice"}),
    ),
    "subject_claims_appointment": Case(
        subjects("Your appointment at {{ location.name }}", "Appointment reminder", "Su cita en {{ location.name }}"),
        (
            *subjects("Time to book your next appointment", "Agende su cita"),
            PLAIN | {"subject": "Your appointment at {{ location.name }}"},
            {
                "subject": "Your appointment on {{ appointment.date }}",
                "sample": FIELDS | {"appointment": {"date": "x"}},
            },
        ),
    ),
    "subject_long": Case(subjects("word " * 40), subjects("word " * 20)),
    "subject_shouts": Case(
        subjects("COME AND SEE US", "Hello!!", "Win $$$", "!Now or never!"), subjects("See you at NHS 2!")
    ),
    "subject_broken": Case(
        subjects("{% for p in people %}{{ p.time }}{% endfor %}", "one\ntwo"),
        subjects("{% if location.phone %}x{% endif %}"),
    ),
    "advertisement_missing_text": Case((without("notice.advertisement"),), ({}, PLAIN)),
    "advertisement_missing_html": Case((unseen("notice.advertisement"),), ({}, PLAIN)),
    "postal_address_missing_text": Case(
        (
            without("location.postal_address"),
            {"text": TEXT.replace(ADDRESS, "{% if location.phone %}" + ADDRESS + "{% endif %}")},
        )
    ),
    "postal_address_missing_html": Case(
        (
            unseen("location.postal_address"),
            mjml(ADDRESS, f"<!-- {ADDRESS} -->"),
            mjml(ADDRESS, f'<img alt="{ADDRESS}" src=""/>'),
            mjml(ADDRESS, "{% if location.phone %}" + ADDRESS + "{% endif %}"),
            *map(styled, HIDINGS),
            sheet(".x { display: none }"),
            sheet("@media screen { div .x { display: none } }"),
        ),
        (
            {},
            styled("color:#333333"),
            styled("background:#000000;color:#ffffff"),
            styled("font-size:12px;display:inline"),
        ),
    ),
    "postal_address_small": Case(
        (styled("font-size:7px"), styled("font-size:50%"), styled("font-size:6pt")),
        (styled("font-size:11px"), styled("font-size:9pt")),
    ),
    "postal_address_faint": Case(
        (styled("color:#aaaaaa"), styled("color:#999")),
        (styled("color:#767676"), styled("color:#ccc;background-color:#222222")),
    ),
    "optout_missing_text": Case((without("links.optout"),)),
    "optout_missing_html": Case(
        (
            unseen("links.optout"),
            mjml(WAY_OUT, "{{ links.optout }}"),
            mjml(WAY_OUT, '<a href="{{ links.optout }}"></a>'),
            *(styled(style, WAY_OUT) for style in HIDINGS if "color" not in style),
            *(
                mjml('<a href="{{ links.optout }}">', f'<a style="{style}" href="{{{{ links.optout }}}}">')
                for style in HIDINGS
            ),
        ),
    ),
    "optout_small": Case((mjml(FOOTER, '<mj-text font-size="8px">'),), (mjml(FOOTER, '<mj-text font-size="11px">'),)),
    "optout_faint": Case(
        (mjml(FOOTER, '<mj-text font-size="12px" color="#bbbbbb">'),),
        (mjml(FOOTER, '<mj-text font-size="12px" color="#595959">'),),
    ),
    "business_name_missing_text": Case((without("business.name"),)),
    "business_name_missing_html": Case((unseen("business.name"),)),
    "sent_by_missing_text": Case((without("notice.sent_by"),)),
    "sent_by_missing_html": Case((unseen("notice.sent_by"),)),
    "operator_promotion": Case(
        (text("Powered by DUEBACK"), body("<p>Dueback says hello</p>")), (text("Payment is due back in May"),)
    ),
    "third_party_promotion": Case(
        (
            text("This mail is sponsored by somebody."),
            text("A manufacturer's coupon is inside."),
            text("An offer of our trusted partners"),
        ),
        (text("Bring your partner along."),),
    ),
    "link_refused": Case(
        tuple(
            mjml('href="{{ links.confirm }}"', f'href="{href}"')
            for href in (
                "https://partner.example.net/",
                "http://www.example.com",
                "javascript:alert(1)",
                "https://{{ person.first_name }}",
                "{{ person.first_name }}",
                "//evil.example",
                "https://www.example.com@evil.example/",
            )
        ),
        (
            {},
            mjml('href="{{ links.confirm }}"', 'href="https://www.example.com/book"'),
            mjml('href="{{ links.confirm }}"', 'href="{{ location.website }}"'),
        ),
    ),
    "written_link_refused": Case(
        (
            text("See https://partner.example.net/deal"),
            text("Visit www.partner.example.net"),
            body("<p>www.partner.example.net</p>"),
        ),
        (text("See https://www.example.com/book"), text("See {{ links.confirm }}")),
    ),
    "link_shortened": Case(
        (
            mjml('href="{{ links.confirm }}"', 'href="https://bit.ly/x"'),
            text("https://bit.ly/x"),
            text("Book: bit.ly/x"),
            *subjects("TinyURL.com/x"),
        ),
        (text("https://www.example.com/bit.ly"), text("ann@bit.ly"), text("rabbit.ly/x"), text("bit.lying")),
    ),
    "remote_resource": Case(
        (
            *bodies(
                '<img alt="" src="https://pixel.example.net/a.gif"/>',
                '<p style="background:url(https://x.example)">a</p>',
            ),
        ),
        bodies('<img alt="" src="https://www.example.com/a.png"/>'),
    ),
    "markup_refused": Case(
        bodies("<script>alert(1)</script>", "<form><input/></form>", '<p onclick="x()">a</p>'),
        bodies("<p><em>a</em></p>"),
    ),
    "mark_refused": Case(
        bodies('<p class="{{ person.first_name }}">a</p>', '<p style="color:{{ person.first_name }}">a</p>'),
        bodies('<p title="{{ person.first_name }}">a</p>'),
    ),
    "health_in_subject": Case(
        subjects(
            "Time for your cleaning",
            "Su limpieza",
            "Your balance is due",
            "Dr. Lee, orthodontist",
            "Cita con su ortodoncista",
            "PROPHY  jet",
            "Su cirugi\u0301a",
            "Your clean\u00ading",
            "Your root ca\u200bnal",
            "RENOVATION",
            "{{ appointment.procedure }}",
            sample=FIELDS | {"appointment": {"procedure": "x"}},
        ),
        (
            *subjects("Time for your visit", "Jet lag?", "Renovations"),
            *subjects("Time for your cleaning", "Prophy Jet", **AUTO),
        ),
    ),
    "health_in_preheader": Case(
        (
            *(mjml(PREHEADER, words) for words in ("Your root canal", "Su saldo", "Su sald&#111;", "Prophy Jet")),
            body("<p>About your gums</p>"),
        ),
        (
            mjml(PREHEADER, "Your root canal") | AUTO,
            body(f"<p>{'We are glad to see you again. ' * 4}</p><p>About your gums</p>"),
            again(mjml(PREHEADER, PREHEADER * 4), HEADING, HEADING + "<p>About your gums</p>"),
        ),
    ),
    "health_in_title": Case(
        (mjml("<mj-title>{{ location.name }}", "<mj-title>Gum surgery"),),
        (mjml("<mj-title>{{ location.name }}", "<mj-title>See you"),),
    ),
    "health_in_alt": Case(
        bodies('<img alt="A dental implant" src="https://www.example.com/a.png"/>'),
        bodies('<img alt="Our door" src="https://www.example.com/a.png"/>'),
    ),
    "health_in_link": Case(
        tuple(
            mjml('href="{{ links.confirm }}"', f'href="https://www.example.com/{path}"')
            for path in ("root-canal", "book?for=teeth%20whitening", "x#cirug%C3%ADa")
        ),
        (mjml('href="{{ links.confirm }}"', 'href="https://www.example.com/book"'),),
    ),
    "health_field_in_body": Case(
        (
            text("{{ appointment.procedure }}") | {"sample": FIELDS | {"appointment": {"procedure": "x"}}},
            body("{{ visit.balance }}") | {"sample": FIELDS | {"visit": {"balance": "x"}}},
        ),
        ({}, text("{{ service.name }}") | AUTO | {"sample": FIELDS | {"service": {"name": "x"}}}),
    ),
    "health_in_body": Case(
        (text("Your fillings are waiting."), body("<p>Prophy jet</p>")), (text("Your fillings are waiting.") | AUTO,)
    ),
    "language_unknown": Case(({"language": "de"},), ({"language": "fr"},)),
    "language_other": Case(
        (
            mjml('<mjml lang="en">', '<mjml lang="es">'),
            {"language": "es", "mjml": MJML.replace('lang="en"', 'lang="es"'), "text": TEXT + ENGLISH},
        ),
        ({}, mjml('<mjml lang="en">', "<mjml>")),
    ),
    "text_missing": Case(({"text": "{{ links.optout }}"},)),
    "text_stub": Case(
        (text("Please view this e-mail in your browser."), text("Your program does not support HTML.")),
        (text("View from our door."),),
    ),
    "text_thin": Case((body("<p>" + "many words of a letter " * 60 + "</p>"),)),
    "too_large": Case((body("<p>" + "word " * 20_000 + "</p>"),), (body("<p>" + "word " * 2_000 + "</p>"),)),
    "alt_missing": Case(
        bodies('<img src="https://www.example.com/a.png"/>'),
        bodies('<img alt="" src="https://www.example.com/a.png"/>'),
    ),
    "image_only": Case(
        (
            {
                "mjml": '<mjml lang="en"><mj-body><mj-section><mj-column><mj-image alt="" src="https://www.example.com/a.png"/>'
                "<mj-text>{{ location.name }} {{ location.postal_address }} {{ notice.sent_by }} {{ notice.advertisement }}"
                ' <a href="{{ links.optout }}">Stop</a></mj-text>'
                "</mj-column></mj-section></mj-body></mjml>"
            },
        ),
        bodies('<img alt="" src="https://www.example.com/a.png"/>'),
    ),
}


def findings(changes: dict[str, Any], rules: LintRules = RULES) -> list[Finding]:
    """What the suite says about the good content, changed."""
    return list(compile_content(replace(GOOD, **changes), rules).findings)
