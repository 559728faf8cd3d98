"""Every campaign type in the folder through the same checks: a new type is two files and passes here untouched."""

from datetime import datetime, time

import pytest

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import Compilation, LintRules, source_of
from services.scheduler import campaigns
from services.scheduler.content.fields import Mention, message_fields
from services.scheduler.content.stock import read_stock_contents, sample_mentions
from services.scheduler.domain.campaign_step import ContradictoryRulesError, Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger
from services.scheduler.domain.reasons import SENTENCES, STATES, explain_touch, reason_sentence
from shared.kit.plugins import find_plugins
from shared.schemas.contents import ContentInput
from shared.schemas.topics import TOPICS

TYPES: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
STOCK = read_stock_contents(TYPES)
KEYS = sorted(STOCK.ids)


def _compile(content: ContentInput, fields: dict[str, object] | None = None) -> Compilation:
    return compile_content(source_of(content, fields=fields), LintRules())


def test_the_mandatory_kinds_are_there_in_both_verticals_and_languages() -> None:
    """S-024: reminders and thank-you notes, dental and auto; English and Spanish."""
    wanted = {
        (slug, vertical, language)
        for slug in ("appointment_reminder", "visit_thanks")
        for vertical in ("dental", "auto")
        for language in ("en", "es")
    }
    assert wanted <= set(KEYS)


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_stock_content_keeps_every_rule_of_the_mailer(key: tuple[str, str, str]) -> None:
    """L-001 to L-008, L-106, S53: compiled and linted by the mailer's own compiler without a single finding."""
    done = _compile(STOCK.contents[STOCK.ids[key]])  # type: ignore[index]
    assert done.findings == ()
    assert done.preview is not None
    subject, text, html = done.preview
    for part in (text, html):
        assert "Sample Location" in part
        assert "1 Sample Street" in part
        assert "https://optout.example.com/o/sample" in part
        assert "Dueback" in part
    assert len(html) < 30_000
    assert "\n" not in subject
    assert "prefers-color-scheme" in html
    assert "<img" not in html


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_mail_without_a_name_greets_without_one(key: tuple[str, str, str]) -> None:
    """N-20, N-98: one person, several people or a guardian, named or not: never "Dear ,", never a hole."""
    kind, content = TYPES[key[0]], STOCK.contents[STOCK.ids[key]]  # type: ignore[index]
    sample = sample_mentions(kind, "dental" if "dental" in kind.verticals else "auto")[0]
    nameless = Mention(sample.consumer_id, "  ", sample.about_local, True)
    child = Mention(sample.consumer_id, "", sample.about_local, False)
    for mentions in ([nameless], [child], [nameless, Mention(kind_id(7), "", sample.about_local, True)]):
        for changed in (False, True):
            fields = message_fields(mentions, trigger=kind.trigger.kind, language=key[2], is_change=changed)
            done = _compile(content, dict(fields))
            assert done.preview is not None, done.findings
            first = done.preview[1].lstrip().splitlines()[0]
            assert first in ("Hello,", "Hola:")
            assert " ," not in done.preview[1]


def kind_id(number: int):  # type: ignore[no-untyped-def]
    """Return a fixed id."""
    from uuid import UUID

    return UUID(int=number)


def test_ids_of_contents_come_from_their_bytes() -> None:
    """Publishing again after a restart is a repeat, a changed word is another content."""
    again = read_stock_contents(TYPES)
    assert again.ids == STOCK.ids
    assert len(set(STOCK.ids.values())) == len(STOCK.ids)
    assert STOCK.choose("visit_thanks", "dental", ["fr", "es"])[1] == "es"
    assert STOCK.choose("visit_thanks", "dental", ["fr"])[1] == "en"


@pytest.mark.parametrize("slug", sorted(TYPES))
def test_every_content_says_why_it_has_its_class(slug: str) -> None:
    """L-001: the type decides by the primary purpose of its mail, and says so in a sentence."""
    kind = TYPES[slug]
    for key, content_id in STOCK.ids.items():
        if key[0] == slug:
            reason = STOCK.contents[content_id].class_reason
            assert reason is not None
            assert (reason.purpose, reason.decided_by, reason.decider) == (kind.purpose, "campaign_type", slug)
            assert reason.words == kind.class_reason


@pytest.mark.parametrize("slug", sorted(TYPES))
def test_every_step_and_stop_has_its_sentence(slug: str) -> None:
    """S-003: why it falls due, and why it stopped, in words for every step and every status."""
    kind = TYPES[slug]
    assert kind.class_reason.endswith(".")
    for step in kind.steps:
        for state in STATES:
            sentence = explain_touch(
                state=state,
                reason=None,
                step_sentence=step.sentence(kind.trigger.kind),
                kind_title=kind.title,
                trigger="x",
            )
            assert kind.title in sentence
            assert STATES[state] in sentence
    trigger = kind.trigger.kind
    wanted = {f"{trigger}_{end}" for end in ("none", "past", "not_firm", "cancelled", "moved", "of_another")}
    assert wanted | set(kind.trigger.stops.values()) <= set(SENTENCES)


def test_codes_of_other_services_read_as_sentences_too() -> None:
    """I18: no reason without words."""
    assert reason_sentence("address_placeholder").startswith("The address in the source only fills the field")
    assert reason_sentence("mailbox_unknown") == "The recipient's server knows no such mailbox."


def test_noon_midnight_and_month_order_follow_the_language() -> None:
    """N-59: 12:00 is 12:00 pm, midnight 12:00 am, and no date is digits only."""
    for hour, expected in ((12, "12:00\u00a0pm"), (0, "12:00\u00a0am"), (13, "1:00\u00a0pm")):
        at = datetime(2026, 4, 3, hour, 0)  # noqa: DTZ001 - a wall time
        fields = message_fields([Mention(kind_id(1), "Ana", at, True)], trigger="visit", language="en", is_change=False)
        assert fields["visit"] == {"weekday": "Friday", "date": "April 3", "month": "April", "time": expected}
    spanish = message_fields([Mention(kind_id(1), "Ana", at, True)], trigger="visit", language="es", is_change=False)
    assert spanish["visit"] == {"weekday": "viernes", "date": "3 de abril", "month": "abril", "time": "1:00\u00a0p. m."}


def _type(**changes: object) -> CampaignType:
    values: dict[str, object] = {
        "slug": "x", "title": "X", "verticals": ("dental",), "message_class": "commercial", "purpose": "promotion", "topic": "news",
        "class_reason": "x.",
        "trigger": Trigger("visit", ("completed",)), "cycle": "trigger", "steps": (Step("one", days=1, at=time(9)),), "useful_days": 2,
        "rank": 1, "group": Group("x", same_day=False), "needs_fresh_source": False, "sample": {"dental": ("Ana",)},
    }  # fmt: skip
    return CampaignType(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Step("x"),
        lambda: Step("x", days=1, hours=1),
        lambda: Step("x", hours=1, at=time(9)),
        lambda: _type(steps=()),
        lambda: _type(steps=(Step("one", days=1), Step("one", days=2))),
        lambda: _type(useful_days=None),
        lambda: _type(sample={}),
        lambda: _type(message_class="transactional", purpose="agreed_transaction", topic="news"),
        lambda: _type(message_class="transactional", topic="visits"),
        lambda: _type(trigger=Trigger("visit", ("completed",), {"completed": "x"})),
        lambda: _type(page="confirm"),
        lambda: _type(trigger=Trigger("appointment", ("booked",)), page="confirm"),
        lambda: _type(calendar="enter"),
        lambda: _type(trigger=Trigger("appointment", ("booked",)), calendar="cancel"),
    ],
)
def test_rules_that_contradict_each_other_never_start(make: object) -> None:
    """Bad input: a campaign type that cannot hold is refused when it is defined."""
    with pytest.raises(ContradictoryRulesError):
        make()  # type: ignore[operator]


def test_every_topic_that_can_be_switched_off_has_mail() -> None:
    """L-012: the preference page offers nothing that is never sent."""
    assert {kind.topic for kind in TYPES.values()} == set(TOPICS)
