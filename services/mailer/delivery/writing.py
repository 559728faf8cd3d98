"""What writes the messages of one location and content: words, headers, calendar files; and a test of a campaign, marked and inert."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.mailer.content.fields import OPTOUT
from services.mailer.content.marks import mark_as_test
from services.mailer.content.notices import title_appointment, write_sender_fields
from services.mailer.content.render import Rendered, Renderer
from services.mailer.domain.contents import CompiledContent
from services.mailer.domain.platform_sender import PlatformFacts
from services.mailer.domain.staff_tests import INERT
from services.mailer.smtp.calendar import CalendarHost
from services.mailer.smtp.compose import SenderLines, Skeleton
from services.mailer.smtp.verp import ReturnAddresses
from services.mailer.store.claiming import ClaimedMessage
from shared.schemas.address import Address
from shared.schemas.location import LocationFacts
from shared.schemas.token import MessageClass, OptoutToken, TokenKeys


@dataclass(frozen=True, slots=True)
class Sending:
    """What is the same for every message of an installation."""

    tokens: TokenKeys
    returns: ReturnAddresses
    optout_url: str
    mail_domain: str
    operator: str
    must_sign: bool
    platform: PlatformFacts | None = None

    def find_optout_url(self, message: ClaimedMessage, address: str) -> str:
        """Return where a message's way out leads; of a test nowhere."""
        if message.origin == "test":
            return f"{self.optout_url}/u/{INERT}"
        message_class: MessageClass = "commercial" if message.message_class == "commercial" else "transactional"
        token = OptoutToken(
            message.subscriber_id,
            message.location_id,
            message.message_id,
            message_class,
            message.address_key,
            Address(address, "").masked,
        )
        return f"{self.optout_url}/u/{self.tokens.seal(token)}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Words, calendar files and bytes of one location and content. `test_language`: what it writes are tests, marked in this language."""

    renderer: Renderer
    host: CalendarHost
    skeleton: Skeleton
    test_language: str | None = None

    def render(self, fields: Mapping[str, object], optout_url: str) -> Rendered:
        """Return the words of one message; raises as Renderer.render does."""
        words = self.renderer.render(fields, optout_url)
        if self.test_language is None:
            return words
        return mark_as_test(words, language=self.test_language, business_name=self.host.name)


def make_writer(location: LocationFacts, content: CompiledContent, sending: Sending, *, is_test: bool) -> Writer:
    """Return the writer; raises UnfitHeaderError. A test has no list headers: a mail program's own button would stop real mail."""
    sender = write_sender_fields(
        language=content.language,
        operator=sending.operator,
        business_name=location.name,
        location_name=location.name,
        phone=location.phone,
        website=location.website,
        postal_address=location.postal_address.one_line(),
    )
    is_list = OPTOUT in content.fields and not is_test
    lines = SenderLines(
        location.name,
        location.sender.header_from,
        location.sender.reply_to,
        f"{content.message_class}.{location.location_id.hex}.{sending.mail_domain}" if is_list else "",
        sending.mail_domain,
    )
    host = CalendarHost(
        location.name,
        title_appointment(content.language, location.name),
        ", ".join((location.name, location.postal_address.one_line())),
        location.sender.header_from,
        location.sender.reply_to,
    )
    skeleton = Skeleton(lines, sending.returns)
    return Writer(Renderer(content, sender), host, skeleton, content.language if is_test else None)
