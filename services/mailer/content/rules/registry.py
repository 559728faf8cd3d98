"""The registry of the compliance suite: requirement -> code -> severity -> rule. What is listed here is checked, and nothing else.

At publish time it runs over the content that is published, in CI over every stock content in every language, class and vertical; a test proves that
every rule here has a content that breaks it and one that keeps it.
"""

from typing import Final

from services.mailer.content.findings import Finding, LintRules
from services.mailer.content.rules import (
    classes,
    extent,
    health,
    languages,
    links,
    markup,
    promotion,
    required,
    subjects,
)
from services.mailer.content.rules.draft import Draft, Rule

RULES: Final = (
    Rule("L-001", "class_missing", "error", classes.class_missing),
    Rule("L-001", "class_unreasoned", "error", classes.unreasoned),
    Rule("L-001", "class_contradicted", "error", classes.contradicted),
    Rule("L-002", "offer_in_transactional", "error", classes.offer_in_transactional),
    Rule("L-003", "invitation_in_transactional", "error", classes.invitation_in_transactional),
    Rule("L-005", "subject_missing", "error", subjects.missing),
    Rule("L-005", "subject_misleading", "error", subjects.misleading),
    Rule("L-005", "subject_claims_appointment", "error", subjects.claims_appointment),
    Rule("L-005", "subject_long", "warning", subjects.long),
    Rule("L-005", "subject_shouts", "warning", subjects.shouts),
    Rule("S46", "subject_broken", "error", subjects.broken),
    Rule("L-006", "advertisement_missing_text", "error", required.in_text(required.ADVERTISEMENT, "commercial")),
    Rule("L-006", "advertisement_missing_html", "error", required.in_html(required.ADVERTISEMENT, "commercial")),
    Rule("L-007", "postal_address_missing_text", "error", required.in_text(required.POSTAL_ADDRESS)),
    Rule("L-007", "postal_address_missing_html", "error", required.in_html(required.POSTAL_ADDRESS)),
    Rule("L-007", "postal_address_small", "error", required.large_enough(required.POSTAL_ADDRESS)),
    Rule("L-007", "postal_address_faint", "error", required.clear_enough(required.POSTAL_ADDRESS)),
    Rule("S-031", "optout_missing_text", "error", required.in_text(required.WAY_OUT, "for_others")),
    Rule("S-031", "optout_missing_html", "error", required.in_html(required.WAY_OUT, "for_others")),
    Rule("L-008", "optout_small", "error", required.large_enough(required.WAY_OUT)),
    Rule("L-008", "optout_faint", "error", required.clear_enough(required.WAY_OUT)),
    Rule("L-004", "business_name_missing_text", "error", required.in_text(required.BUSINESS_NAME)),
    Rule("L-004", "business_name_missing_html", "error", required.in_html(required.BUSINESS_NAME)),
    Rule("S-009", "sent_by_missing_text", "error", required.in_text(required.SENT_BY), for_platform=False),
    Rule("S-009", "sent_by_missing_html", "error", required.in_html(required.SENT_BY), for_platform=False),
    Rule("S-053", "operator_promotion", "error", promotion.operator, for_platform=False),
    Rule("S-054", "third_party_promotion", "error", promotion.third_party),
    Rule("S-054", "link_refused", "error", links.refused_link),
    Rule("S-054", "written_link_refused", "error", links.refused_written_link),
    Rule("S-054", "link_shortened", "error", links.shortened),
    Rule("S-094", "remote_resource", "error", markup.remote_resource),
    Rule("S55", "markup_refused", "error", markup.refused_markup),
    Rule("S51", "mark_refused", "error", markup.refused_mark),
    Rule("L-106", "health_in_subject", "error", health.in_subject),
    Rule("L-106", "health_in_preheader", "error", health.in_preheader),
    Rule("L-106", "health_in_title", "error", health.in_title),
    Rule("L-106", "health_in_alt", "error", health.in_alt),
    Rule("L-106", "health_in_link", "error", health.in_link),
    Rule("L-102", "health_field_in_body", "error", health.field_in_body),
    Rule("L-102", "health_in_body", "warning", health.in_body),
    Rule("L-133", "language_unknown", "error", languages.unknown),
    Rule("L-133", "language_other", "error", languages.other),
    Rule("N-102", "text_missing", "error", extent.text_missing),
    Rule("N-102", "text_stub", "error", extent.text_stub),
    Rule("N-102", "text_thin", "error", extent.text_thin),
    Rule("N-102", "too_large", "error", extent.too_large),
    Rule("N-102", "alt_missing", "error", extent.alt_missing),
    Rule("N-102", "image_only", "error", extent.image_only),
)
"""Every rule, in the order its findings are told within a severity."""


def lint_content(draft: Draft, rules: LintRules) -> list[Finding]:
    """Return the findings of all rules that bind this content, errors first."""
    findings = [
        Finding(rule.code, rule.requirement, sentence, rule.severity)
        for rule in RULES
        if rule.for_platform or not rules.for_platform
        for sentence in rule.find(draft, rules)
    ]
    return sorted(findings, key=lambda finding: finding.severity)
