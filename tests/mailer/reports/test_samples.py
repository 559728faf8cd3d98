"""The samples beside the repository, each judged by its name; `python -m tests.mailer.reports.table` prints what was made of them."""

from pathlib import Path

import pytest

from tests.mailer.reports.table import classify_folder, make_table

NO_BOUNCES = frozenset(("opensmtpd-04", "opensmtpd-13", "sendmail-55", "x1-04", "rfc3464-28"))
"""Named like bounces, but the mail says that it is late or has arrived: only `failed` counts (L-073)."""
UNKNOWN = frozenset(("fml-03",))
"""A list server's loop alert: it names nobody."""

pytestmark = pytest.mark.samples


def test_every_bounce_is_one_and_names_its_recipient(samples: Path) -> None:
    """N-96: of more than a hundred systems' bounces over 97 % are bounces with a recipient, and what is late is no bounce."""
    reports = classify_folder(samples / "bounces")
    bounces = {
        name: each for name, each in reports.items() if any(word in name for word in ("lhost", "rhost", "rfc3464"))
    }
    others = {name for name in bounces if any(word in name for word in NO_BOUNCES | UNKNOWN)}
    read = {name for name, each in bounces.items() if each.kind == "bounce" and each.recipient}
    assert read.isdisjoint(others)
    assert len(read) / (len(bounces) - len(NO_BOUNCES)) > 0.97, make_table(
        {name: bounces[name] for name in bounces.keys() - read - others}
    )


def test_complaints_and_automatic_replies_are_what_they_are(samples: Path) -> None:
    """L-077, L-078."""
    reports = classify_folder(samples / "bounces")
    assert {each.kind for name, each in reports.items() if "_arf" in name} == {"complaint"}
    assert {each.kind for name, each in reports.items() if "rfc3834" in name} == {"auto_reply"}
    assert not [name for name, each in reports.items() if "_not_" in name and each.kind == "bounce"]


def test_provider_policy_never_blames_the_address(samples: Path) -> None:
    """L-064, L-074: authentication, rates and block lists."""
    reports = classify_folder(samples / "bounces")
    for part in (
        "rhost-microsoft",
        "rhost-google-06",
        "rhost-yahooinc",
        "rhost-godaddy",
        "postfix-59",
        "exim-34",
        "dragonfly-05",
    ):
        assert {each.blame for name, each in reports.items() if part in name} == {"policy"}, part
