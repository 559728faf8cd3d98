"""What the rules are held against for a business: the hosts and procedure names of its locations."""

from collections.abc import Iterable

from services.mailer.content.findings import LintRules
from services.mailer.domain.link_hosts import hosts_of
from shared.schemas.location import LocationFacts


def rules_for(
    locations: Iterable[LocationFacts], *, operator: str, own_hosts: frozenset[str], for_platform: bool = False
) -> LintRules:
    """Return the rules for a content of these locations; without any, for stock content, which may lead to our own pages only.

    `for_platform`: the location is the platform's own sender, the content mail of our own.
    """
    places = list(locations)
    return LintRules(
        operator=operator,
        own_hosts=own_hosts.union(*map(hosts_of, places)),
        procedure_names=frozenset(name for place in places for name in place.procedure_names),
        for_platform=for_platform,
    )
