"""Amazon SES by way of Amazon SNS: what its own certificate has signed is taken once, and nobody else's word (I21, S67, S73)."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.mailer.api.relay_examples import SES, TOPIC
from services.mailer.clients.trust_store import NoRootsError, read_roots
from tests.fixtures.certificates import PAST, Authority, Issued
from tests.fixtures.webhooks import CERTIFICATE_URL, ISSUER_URL, Amazon, der_of, issuer, pem_of, signed_message
from tests.mailer.inbound.post import Post
from tests.mailer.inbound.relay import name, report

SUBSCRIBE = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=x"


def ses(post: Post, message_id: UUID, kind: str, **values: Any) -> dict[str, Any]:
    """Return a report of Amazon SES within a message of SNS, signed."""
    sent = {
        "source": post.address(message_id),
        "headers": [{"name": "Message-ID", "value": name(post, message_id)["message_id"]}],
    }
    told = {"eventType": kind, "mail": sent} | values
    return signed_message(SES | {"Message": json.dumps(told), "MessageId": str(uuid4())})


@pytest.fixture
def amazon(alone: Post) -> Amazon:
    """Return Amazon's hosts as this mailer reaches them."""
    made = Amazon()
    alone.world.mailer.deps.transports["sns"] = made.transport
    return made


async def test_amazon_reports_are_taken_with_either_signature(alone: Post, amazon: Amazon) -> None:
    """S73: versions 1 and 2; the certificate is fetched once; the same message again changes nothing."""
    for version in ("1", "2"):
        message_id = await alone.message("uncertain", f"v{version}@patients.example.com")
        fate = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [
            {"emailAddress": "x@a.example", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}  # fmt: skip
        told = signed_message(ses(alone, message_id, "Bounce", bounce=fate) | {"SignatureVersion": version})
        for applied in (1, 0):
            answer = await report(alone, "ses", told, signed={})
            assert (answer.status_code, answer.json().get("applied")) == (200, applied), answer.text
        assert await alone.world.state(message_id) == ("bounced", "mailbox_unknown")
    assert amazon.asked == [CERTIFICATE_URL, ISSUER_URL]


async def test_what_amazon_says_and_what_it_means(alone: Post, amazon: Amazon, subtests: pytest.Subtests) -> None:
    """L-073, L-074, N-106: transient is never hard, their own suppression list never blames an address, other events change nothing."""
    cases: list[tuple[str, dict[str, Any], tuple[str, str | None, str | None] | None]] = [
        ("Bounce", {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"}}, ("bounce", "soft", "mailbox_full")),
        ("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "NoEmail"}}, ("bounce", "hard", "mailbox_unknown")),
        (
            "Bounce",
            {"bounce": {"bounceType": "Transient", "bouncedRecipients": [{"status": "5.1.1", "diagnosticCode": "550 user unknown"}]}},
            ("bounce", "soft", "mailbox_unknown"),
        ),
        ("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}}, ("bounce", "policy", "relay_suppressed")),
        ("Bounce", {"bounce": {"bounceType": "Permanent", "bounceSubType": "Suppressed"}}, ("bounce", "policy", "relay_suppressed")),
        ("Bounce", {"bounce": None}, ("bounce", "policy", "message_refused")),
        ("Complaint", {"complaint": {"complaintFeedbackType": "not-spam"}}, ("not_spam", None, "not_spam")),
        ("Complaint", {"complaint": {"complaintSubType": "OnAccountSuppressionList"}}, ("bounce", "policy", "relay_suppressed")),
        ("Delivery", {}, ("delivered", None, None)),
        ("DeliveryDelay", {}, ("delayed", None, None)),
        ("Rendering Failure", {}, ("bounce", "policy", "message_refused")),
        ("Open", {}, None),
        ("Subscription", {}, None),
    ]  # fmt: skip
    for number, (kind, values, made) in enumerate(cases):
        with subtests.test(kind + json.dumps(values)):
            await alone.world.database.execute("delete from reports")
            message_id = await alone.message(address=f"p{number}@patients.example.com")
            answer = await report(alone, "ses", ses(alone, message_id, kind, **values), signed={})
            assert answer.json()["applied"] == (made is not None), answer.text
            assert await alone.reports() == ([made] if made else [])
    text = signed_message(SES | {"Message": "Successfully validated SNS topic for Amazon SES event publishing."})
    assert (await report(alone, "ses", text, signed={})).json()["ignored"] == 1


async def test_a_subscription_to_a_listed_topic_confirms_itself(alone: Post, amazon: Amazon) -> None:
    """S67: by a visit to Amazon's own host; any other address is refused and not visited."""
    asks = SES | {
        "Type": "SubscriptionConfirmation",
        "Token": "x",
        "SubscribeURL": SUBSCRIBE,
        "MessageId": str(uuid4()),
    }
    asks.pop("Subject")
    assert (await report(alone, "ses", signed_message(asks), signed={})).status_code == 200
    assert amazon.asked == [CERTIFICATE_URL, ISSUER_URL, SUBSCRIBE]
    for url in (
        "https://evil.example/?Action=ConfirmSubscription", "https://sns.us-east-1.amazonaws.com.evil.example/?Action=ConfirmSubscription",
        "https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic", "https://sns.us-east-1.amazonaws.com:444/?Action=ConfirmSubscription",
    ):  # fmt: skip
        answer = await report(alone, "ses", signed_message(asks | {"SubscribeURL": url}), signed={})
        assert answer.status_code == 401, url
    amazon.status = 500
    again = await report(alone, "ses", signed_message(asks), signed={})
    assert (again.status_code, again.json()["code"]) == (503, "sns_unreachable")
    assert len(amazon.asked) == 4


async def test_forged_messages_of_amazon_are_refused(alone: Post, amazon: Amazon) -> None:
    """S67, S73, I21: another topic, changed fields, certificates from elsewhere; no foreign host is ever asked."""
    message_id = await alone.message()
    genuine = ses(alone, message_id, "Bounce", bounce={"bounceType": "Permanent"})
    path = "/SimpleNotificationService-7ff5318490ec183fbaddaa2a969abfda.pem"
    hosts = [
        "https://evil.example", "https://sns.us-east-1.amazonaws.com.evil.example", "https://evil.example/sns.us-east-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws.com@evil.example", "https://sns.us-east-1.amazonaws.com:8443", "https://s3.us-east-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws.com/x", "https://sns.us-east-1.amazonaws.com\\@evil.example", "https://127.0.0.1", "https://[::1]",
    ]  # fmt: skip
    forged = [
        genuine | {"Message": genuine["Message"].replace("Permanent", "Transient")},
        genuine | {"MessageId": str(uuid4())},
        genuine | {"Signature": SES["Signature"]},
        genuine | {"SignatureVersion": "1"},
        signed_message(genuine | {"TopicArn": TOPIC + "-of-somebody"}),
        *(signed_message(genuine | {"SigningCertURL": host + path}) for host in hosts),
        signed_message(genuine | {"SigningCertURL": CERTIFICATE_URL + "?x=1"}),
    ]
    for message in forged:
        answer = await report(alone, "ses", message, signed={})
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused"), message
    assert set(amazon.asked) <= {CERTIFICATE_URL, ISSUER_URL}
    assert await alone.reports() == []


@pytest.mark.parametrize("certificate", [b"no certificate", b"x" * 100_000])
async def test_what_cannot_be_read_as_a_certificate_is_asked_for_again_later(alone: Post, certificate: bytes) -> None:
    """S73: none, an endless one; not at once."""
    amazon = Amazon(certificate)
    alone.world.mailer.deps.transports["sns"] = amazon.transport
    for _ in range(3):
        answer = await report(alone, "ses", ses(alone, await alone.message(), "Delivery"), signed={})
        assert (answer.status_code, answer.json()["code"]) == (503, "sns_unreachable")
    assert len(amazon.asked) == 1
    assert await alone.reports() == []


FOREIGN = Authority.make("Test Amazon Root").below("Test Amazon Intermediate")
"""Of the same names, and of nobody's trust."""


FALSE: dict[str, tuple[Issued, Authority]] = {
    "of a root nobody trusts": (FOREIGN.issue("sns.amazonaws.com", rsa_key=True, issuer_at=ISSUER_URL), FOREIGN),
    "of that root, between Amazon's issuer's name": (
        FOREIGN.issue("sns.amazonaws.com", rsa_key=True, issuer_at=ISSUER_URL),
        issuer(),
    ),
    "for another name": (issuer().issue("evil.example", rsa_key=True, issuer_at=ISSUER_URL), issuer()),
    "for a name that begins as theirs": (
        issuer().issue("sns.amazonaws.com.evil.example", rsa_key=True, issuer_at=ISSUER_URL),
        issuer(),
    ),
    "expired": (issuer().issue("sns.amazonaws.com", rsa_key=True, until=PAST, issuer_at=ISSUER_URL), issuer()),
    "with its issuer elsewhere": (
        issuer().issue("sns.amazonaws.com", rsa_key=True, issuer_at="http://crt.evil.example/r2m02.cer"),
        issuer(),
    ),
    "without its issuer": (issuer().issue("sns.amazonaws.com", rsa_key=True), issuer()),
}


@pytest.mark.parametrize("kind", sorted(FALSE))
async def test_a_false_chain_signs_nothing(alone: Post, kind: str) -> None:
    """S67, S73: though it lies at Amazon's address and its key signed the message; no foreign host is asked for what is missing."""
    signer, above = FALSE[kind]
    amazon = Amazon(pem_of(signer.certificate), der_of(above.root))
    alone.world.mailer.deps.transports["sns"] = amazon.transport
    genuine = ses(alone, await alone.message(), "Bounce", bounce={"bounceType": "Permanent"})
    answer = await report(alone, "ses", signed_message(genuine, by=signer), signed={})
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused")
    assert set(amazon.asked) <= {CERTIFICATE_URL, ISSUER_URL}
    assert await alone.reports() == []


async def test_a_file_that_holds_its_whole_chain_is_enough(alone: Post) -> None:
    """S73: nothing more is asked for; what is silent then does not matter."""
    signer = issuer().issue("sns.us-east-1.amazonaws.com", rsa_key=True, issuer_at="http://crt.evil.example/x.cer")
    amazon = Amazon(signer.chain)
    alone.world.mailer.deps.transports["sns"] = amazon.transport
    genuine = signed_message(ses(alone, await alone.message(), "Delivery"), by=signer)
    answer = await report(alone, "ses", genuine, signed={})
    assert (answer.status_code, answer.json()["applied"]) == (200, 1)
    assert amazon.asked == [CERTIFICATE_URL]


def test_without_a_root_to_trust_no_topic_is_taken(tmp_path: Path) -> None:
    """S73, F23: a start that could verify nothing says what to set."""
    (tmp_path / "empty.pem").write_text("nothing")
    for file in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
        with pytest.raises(NoRootsError, match="MAILER_SNS_ROOTS must name a PEM file"):
            read_roots(file, variable="MAILER_SNS_ROOTS")
    assert len(read_roots(issuer().trust_file(tmp_path), variable="MAILER_SNS_ROOTS")) == 1


def test_without_a_file_of_its_own_the_system_says_whom_to_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S73: one bundle, or a folder of authorities, as OpenSSL finds them; what cannot be read among them is left out."""
    trusted = issuer().trust_file(tmp_path)
    bundle = tmp_path / "bundle.crt"
    broken = b"-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n"
    bundle.write_bytes(broken + trusted.read_bytes() * 2)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    for file in (bundle, tmp_path / "missing.crt"):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert read_roots(None, variable="MAILER_SNS_ROOTS") == (issuer().root,)
