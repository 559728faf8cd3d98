"""The compliance lint, keyed by L- and S- ids: each rule refuses what it is for and lets the good content through."""

import pytest

from tests.mailer.content.examples import GOOD, MJML, TEXT, codes, compiled


def with_html(old: str, new: str) -> str:
    """The good MJML with a part exchanged."""
    assert old in MJML
    return MJML.replace(old, new)


def test_a_good_content_has_no_findings_and_a_preview() -> None:
    """The example is what a good practice would send."""
    compilation = compiled()
    assert compilation.findings == ()
    assert compilation.content
    assert compilation.preview
    assert compilation.preview[0] == "Ann, your visit at Sample Location"
    assert "people[].first_name" in compilation.content.fields


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("links.optout", "optout_missing"),
        ("location.postal_address", "postal_address_missing"),
        ("business.name", "business_name_missing"),
        ("notice.sent_by", "sent_by_missing"),
        ("notice.advertisement", "advertisement_missing"),
    ],
)
def test_what_every_mail_must_say_is_missed_in_either_part(field: str, code: str) -> None:
    """S-031, L-007, L-008, S-009, L-006: both parts, outside of every condition, visibly."""
    mark = "{{ " + field + " }}"
    assert codes(text=TEXT.replace(mark, "")) == {f"{code}_text"}
    assert codes(mjml=MJML.replace(mark, "")) >= {f"{code}_html"}
    assert codes(text=TEXT.replace(mark, "{% if person.first_name %}" + mark + "{% endif %}")) == {f"{code}_text"}
    assert codes(text=TEXT.replace(mark, "{% for p in people %}" + mark + "{% endfor %}")) == {f"{code}_text"}


def test_what_is_hidden_or_in_a_comment_is_not_shown() -> None:
    """L-008: clear and conspicuous."""
    address = "{{ location.postal_address }}"
    for hidden in (
        f'<span style="display: none">{address}</span>',
        f"<!-- {address} -->",
        f'<img alt="{address}" src="" />',
    ):
        assert "postal_address_missing_html" in codes(mjml=with_html(address, hidden))
    assert "optout_missing_html" in codes(
        mjml=with_html('<a href="{{ links.optout }}">Stop these e-mails</a>', "{{ links.optout }}")
    )
    assert codes(mjml=with_html('<mj-text font-size="12px">', '<mj-text font-size="8px">')) == {
        "optout_small",
        "postal_address_small",
    }


def test_transactional_content_holds_no_promotion_and_needs_no_advertisement_notice() -> None:
    """L-002: stricter than the law and simple; L-006 is for commercial mail."""
    plain = {
        "message_class": "transactional",
        "purpose": "agreed_transaction",
        "mjml": MJML.replace("{{ notice.advertisement }}", ""),
        "text": TEXT.replace("{{ notice.advertisement }}", ""),
    }
    assert codes(**plain) == set()
    for offer in ("Get 20% off", "use this coupon", "free whitening kit", "descuento para usted", "{{ offer.text }}"):
        changed = {**plain, "text": plain["text"] + offer}
        assert "offer_in_transactional" in codes(**changed)
    assert codes(**{**plain, "text": plain["text"] + "Feel free to call."}) == set()


@pytest.mark.parametrize(
    "subject", ["Re: your visit", "FWD: hello", "Your appointment is confirmed", "URGENT", "Your invoice"]
)
def test_a_subject_that_pretends_is_refused(subject: str) -> None:
    """L-005."""
    assert codes(subject=subject) == {"subject_misleading"}


@pytest.mark.parametrize(
    "words",
    [
        "Time for your cleaning",
        "Root canal on Monday",
        "Su limpieza dental",
        "Your balance is due",
        "{{ appointment.procedure }}",
        "Dr. Lee, orthodontist",
    ],
)
def test_a_dental_subject_or_preheader_names_no_procedure(words: str) -> None:
    """L-106, L-102: a shared mailbox sees subject and preheader without opening the mail."""
    fields = {**GOOD.sample, "appointment": {"procedure": "x"}}
    assert codes(subject=words, sample=fields) == {"health_in_subject"}
    preheader = with_html("We look forward to seeing you.", words)
    assert codes(mjml=preheader, sample=fields) == {"health_in_preheader"}
    assert codes(subject=words, mjml=preheader, sample=fields, vertical="auto") == set()


def test_nothing_but_the_mailers_own_notice_names_the_operator() -> None:
    """S-053."""
    assert codes(text=TEXT + "Powered by DUEBACK") == {"operator_promotion"}
    assert codes(mjml=with_html("Hello {{", "Dueback says hello {{")) == {"operator_promotion"}


@pytest.mark.parametrize(
    "href",
    [
        "https://partner.example.net/shop",
        "http://x.example.com",
        "javascript:alert(1)",
        "https://{{ person.first_name }}",
        "{{ person.first_name }}",
        "//evil.example",
    ],
)
def test_links_lead_to_given_addresses_only(href: str) -> None:
    """S-054, S55: no partner, no field that chooses the host, no script."""
    assert "link_refused" in codes(mjml=with_html('href="{{ links.confirm }}"', f'href="{href}"'))


def test_nothing_is_loaded_from_elsewhere() -> None:
    """S-094: no pixel, no font, no style from another host."""
    heading = "<h1>Hello {{ person.greeting }}</h1>"
    for remote in (
        '<img alt="" src="https://pixel.example.net/a.gif"/>',
        '<img alt="" src="{{ person.photo }}"/>',
        '<p style="background:url(https://x.example)">a</p>',
    ):
        assert "remote_resource" in codes(
            mjml=with_html(heading, heading + remote), sample={**GOOD.sample, "person": {**FIELDS_PERSON, "photo": "x"}}
        )
    html = compiled().content
    assert html
    assert "googleapis" not in html.html


FIELDS_PERSON = {"first_name": "Ann", "greeting": "Ann"}


@pytest.mark.parametrize(
    ("markup", "code"),
    [
        ("<script>alert(1)</script>", "markup_refused"),
        ("<form><input/></form>", "markup_refused"),
        ('<p onclick="x()">a</p>', "markup_refused"),
        ('<p class="{{ person.first_name }}">a</p>', "mark_refused"),
        ('<p style="color:{{ person.first_name }}">a</p>', "mark_refused"),
    ],
)
def test_markup_that_runs_or_posts_is_refused(markup: str, code: str) -> None:
    """S51, S55."""
    heading = "<h1>Hello {{ person.greeting }}</h1>"
    assert code in codes(mjml=with_html(heading, heading + markup))


def test_unknown_tags_broken_mjml_and_includes_are_refused() -> None:
    """MJML passes unknown tags silently: their content would be missing."""
    assert codes(mjml=with_html("<mj-column>", "<mj-colum>")) == {"tag_unknown"}
    assert codes(mjml='<mjml><mj-body><mj-include path="/etc/passwd"/></mj-body></mjml>') == {"tag_unknown"}
    assert codes(mjml=with_html("</mj-body></mjml>", "")) == {"mjml_broken"}


def test_a_text_part_and_a_bearable_size_are_needed() -> None:
    """N-102."""
    assert "text_missing" in codes(text="{{ links.optout }}")
    assert codes(mjml=with_html("<h1>", "<p>" + "word " * 20_000 + "</p><h1>")) >= {"too_large"}


def test_a_sample_that_lacks_a_field_is_told_by_name() -> None:
    """N-98: found when published, not when sent."""
    findings = compiled(sample={**GOOD.sample, "person": {"greeting": "Ann"}}).findings
    assert [(finding.code, "person.first_name" in finding.message) for finding in findings] == [
        ("sample_incomplete", True)
    ]
