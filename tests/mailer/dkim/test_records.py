"""DNS records of sender domains read as verifiers read them."""

import pytest

from services.mailer.domain.dkim_records import (
    asking_terms,
    included,
    judge_bimi,
    judge_dkim,
    judge_dmarc,
    judge_mx,
    judge_spf,
    write_bimi,
    write_dkim,
    write_dmarc,
)
from services.mailer.domain.sender_domain import (
    SenderDomainMalformedError,
    SenderDomainRefusedError,
    canonical_domain,
    domain_of,
)

PUBLIC = "MIIBIjAN" + "A" * 380


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([write_dkim("rsa", PUBLIC)], "found"),
        ([f"p={PUBLIC[:100]} {PUBLIC[100:]}; v=DKIM1"], "found"),
        ([f"v=DKIM1; k=rsa; h=sha256; s=email; t=s; p={PUBLIC}"], "found"),
        ([], "missing"),
        ([write_dkim("rsa", PUBLIC)] * 2, "several_records"),
        (["google-site-verification=x"], "not_a_key_record"),
        (["v=DKIM1; k=rsa; p="], "key_revoked"),
        ([write_dkim("rsa", PUBLIC + "B")], "another_key"),
        ([write_dkim("ed25519", PUBLIC)], "another_key"),
        ([f"v=DKIM1; t=y:s; p={PUBLIC}"], "test_flag"),
        ([f"v=DKIM1; h=sha1; p={PUBLIC}"], "not_for_this_use"),
        ([f"v=DKIM1; s=other; p={PUBLIC}"], "not_for_this_use"),
    ],
)
def test_a_key_record_counts_only_where_verifiers_would_use_it(texts: list[str], expected: str) -> None:
    """L-051, RFC 6376 3.6.1: ours, alone, not revoked, not in test mode."""
    finding = judge_dkim(texts, algorithm="rsa", public=PUBLIC)
    assert (finding.detail or finding.state) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([write_dmarc()], "found"),
        (["v=DMARC1; p=Reject; sp=none; adkim=s"], "found"),
        (["v=spf1 -all"], "missing"),
        ([write_dmarc(), "v=DMARC1; p=reject"], "several_records"),
        (["v=DMARC1; p=strict"], "policy_unknown"),
    ],
)
def test_a_policy_counts_when_there_is_one(texts: list[str], expected: str) -> None:
    """L-052, RFC 9989."""
    finding = judge_dmarc(texts)
    assert (finding.detail or finding.state) == expected


@pytest.mark.parametrize(
    ("texts", "lookups", "expected"),
    [
        (["v=spf1 mx -all"], 1, "found"),
        (["v=spf1 ip4:192.0.2.1 +MX ~all", "other"], 1, "found"),
        (["something"], 0, "missing"),
        (["v=spf1 -all"], 0, "mechanism_missing"),
        (["v=spf1 mx +all"], 1, "everybody_may_send"),
        (["v=spf1 mx -all", "v=spf1 -all"], 1, "several_records"),
        (["v=spf1 mx -all"], 11, "too_many_lookups"),
    ],
)
def test_the_sender_policy_lets_us_in_and_not_everybody(texts: list[str], lookups: int, expected: str) -> None:
    """L-050."""
    finding = judge_spf(texts, expected="v=spf1 mx -all", lookups=lookups)
    assert (finding.detail or finding.state) == expected


def test_lookups_of_a_sender_policy_are_counted() -> None:
    """L-050, RFC 7208 4.6.4: only terms that ask the DNS."""
    record = (
        "v=spf1 a mx:x.example.com include:_spf.example.com ?include:two.example.com ip4:192.0.2.1 exists:%{i}.x -all"
    )
    assert asking_terms(record) == 5
    assert included(record) == ["_spf.example.com", "two.example.com"]
    assert included("v=spf1 redirect=_spf.example.com") == ["_spf.example.com"]


def test_bounces_and_logo() -> None:
    """L-050, BIMI."""
    assert judge_mx(["Mail.Example.com."], expected="mail.example.com").state == "found"
    assert judge_mx(["other.example.com"], expected="mail.example.com").detail == "another_host"
    assert judge_mx([], expected="mail.example.com").state == "missing"
    assert judge_bimi([write_bimi("x.example.com")]).state == "found"
    assert judge_bimi(["v=BIMI1; l=; a="]).detail == "logo_missing"
    assert judge_bimi([]).state == "missing"


def test_domains_are_compared_in_one_form() -> None:
    """L-053: nobody can align with a mailbox provider."""
    assert canonical_domain("Bright.Example.COM.") == "bright.example.com"
    assert domain_of("hello@Bright.Example.COM") == "bright.example.com"
    with pytest.raises(SenderDomainRefusedError):
        canonical_domain("GMail.com")
    for name in (
        "localhost",
        "a b.com",
        "bücher.example.com",
        "-x.example.com",
        "x..com",
        "x.com\n",
        "1.2.3.4",
        "a" * 64 + ".com",
    ):
        with pytest.raises(SenderDomainMalformedError):
            canonical_domain(name)
