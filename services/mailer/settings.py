"""The mailer's settings."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict

from services.mailer.clients.trust_store import read_roots
from services.mailer.domain.dkim_records import BounceRecords
from services.mailer.domain.link_hosts import host_of
from services.mailer.domain.platform_sender import PlatformFacts, platform_facts
from services.mailer.domain.sealing import route_place
from services.mailer.domain.sender_domain import domain_of
from services.mailer.domain.sns_chain import Trust
from services.mailer.smtp.connect import Relay, TlsRule
from services.mailer.smtp.verp import ReturnAddresses
from shared.kit.crypto import FieldCipher, UndecryptableError, derive
from shared.kit.relay_url import read_relay_url
from shared.kit.settings import CommonSettings, Octets, ServiceSettings, load, refuse_samples
from shared.kit.webhooks import read_secret
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.location import PostalAddress


class Settings(ServiceSettings):
    """Variables that start with MAILER_; the keys shared with other services start with DUEBACK_."""

    model_config = SettingsConfigDict(env_prefix="MAILER_", frozen=True)

    common: CommonSettings = Field(default_factory=lambda: load(CommonSettings))
    kek: Octets = Field(description="base64 of 32 octets: wraps the data keys of subscribers")
    token_keys: dict[str, Octets] = Field(
        validation_alias="DUEBACK_TOKEN_KEYS",
        description="JSON: key id to base64 of 32 octets; seals opt-out links (also optout's)",
    )
    smtp_url: SecretStr = Field(
        description=(
            "the relay, as in smtp+starttls://user:password@host:port; smtp+starttls:// demands TLS, smtps:// speaks it from the first octet "
            "(port 465; production takes no other than these two for another machine), smtp:// and smtp+offered:// use it where it is offered, "
            "smtp+plain:// never asks for it"
        )
    )
    optout_public_url: str = Field(description="where consumers reach optout, without a slash at the end")
    scheduler_public_url: str = Field(
        description="where consumers reach the scheduler's pages that answer a mail, without a slash at the end; mail may lead there"
    )
    bounce_domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{3,100}$")] = Field(
        description="domain of envelope senders, Message-IDs and List-Ids; its MX leads to our inbound receiver"
    )
    helo_name: str = Field(default="mail.example.com", description="the name this sender greets relays with")
    operator: str = Field(
        default="Dueback", description="who sends on behalf of the business, as every mail says (S-009)"
    )
    spf_record: Annotated[str, StringConstraints(pattern=r"^v=spf1 [\x21-\x7e ]{1,250}$")] = Field(
        default="v=spf1 mx -all",
        description="the SPF record that the bounce domain is to have; checked and shown (L-050)",
    )
    mail_exchange: str = Field(
        default="",
        description="host that the bounce domain's MX names: our inbound receiver; without a value the helo name",
    )
    dns_server: Annotated[str, StringConstraints(pattern=r"^(|[0-9a-f.:]+:\d{1,5})$")] = Field(
        default="", description="address:port of the resolver that checks sender domains; without a value the system's"
    )
    dkim_required: bool | None = Field(
        default=None,
        description="whether mail from a domain without verified DKIM keys is held; without a value: in production (L-054)",
    )
    connections: int = Field(default=20, ge=1, le=80, description="SMTP connections of one worker process")

    platform_from: str = Field(
        default="",
        max_length=254,
        description="header from of mail of our own (account, leads, privacy answers, opt-in confirmations); without a value there is none",
    )
    platform_name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        default="Dueback", description="who mail of our own says it is from"
    )
    platform_reply_to: str = Field(
        default="",
        max_length=254,
        description="where answers to mail of our own go; without a value to its header from",
    )
    platform_postal_address: PostalAddress | None = Field(
        default=None, description="JSON: line1, city, region, postal_code, country; stands in mail of our own (L-007)"
    )
    platform_website: str = Field(
        default="", max_length=300, description="our own website; mail of our own may lead to its host"
    )

    inbound_host: str = Field(default="127.0.0.1", description="where the inbound SMTP receiver listens")
    inbound_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="port of the inbound SMTP receiver for bounces, complaints and opt-outs by mail; 0 switches it off",
    )
    privacy_mailbox: Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]{0,60}$")] = Field(
        default="privacy",
        description=(
            "local part at the bounce domain whose mail is kept by optout as privacy requests; without a value there is no such mailbox"
        ),
    )

    relay_webhook_secrets: list[SecretStr] = Field(
        default=[],
        description=(
            "JSON list of secrets that relays sign their reports with (Standard Webhooks: whsec_ and base64 of 24 to 64 octets); several while "
            "one is replaced; without a value no such report is taken"
        ),
    )
    sns_topics: list[Annotated[str, StringConstraints(pattern=r"^arn:[A-Za-z0-9:_.-]{10,300}$")]] = Field(
        default=[],
        description="JSON list of the Amazon SNS topics (ARN) whose reports of Amazon SES are taken; without a value none is",
    )

    sns_roots: Path | None = Field(
        default=None,
        description=(
            "PEM file of the certification authorities that may have issued the signing certificate of Amazon SNS; without a value the system's"
        ),
    )

    @model_validator(mode="after")
    def _strict_in_production(self) -> Self:
        self.relay()
        _ = self.webhook_secrets, self.sns_trust
        for name, url in (("OPTOUT", self.optout_public_url), ("SCHEDULER", self.scheduler_public_url)):
            if self.common.mode == "production" and not url.startswith("https://"):
                raise ValueError(f"MAILER_{name}_PUBLIC_URL must be an https address")
        if self.platform_from:
            if self.platform_postal_address is None:
                raise ValueError("MAILER_PLATFORM_POSTAL_ADDRESS is needed with MAILER_PLATFORM_FROM")
            _check_address(MAILER_PLATFORM_FROM=self.platform_from)
            _check_address(MAILER_PLATFORM_REPLY_TO=self.platform_reply_to or self.platform_from)
            refuse_samples(self.common.mode, MAILER_PLATFORM_FROM=self.platform_from)
        refuse_samples(self.common.mode, MAILER_BOUNCE_DOMAIN=self.bounce_domain, MAILER_HELO_NAME=self.helo_name)
        return self

    @property
    def must_sign(self) -> bool:
        """Whether mail that cannot be signed is held."""
        return self.common.mode == "production" if self.dkim_required is None else self.dkim_required

    @cached_property
    def returns(self) -> ReturnAddresses:
        """What mints and verifies the addresses that bounces and mailed opt-outs come back to."""
        return ReturnAddresses({"1": derive(self.kek, "return_addresses")})

    @cached_property
    def pace_secret(self) -> bytes:
        """Hashes the recipients' domains that paces are kept for."""
        return derive(self.kek, "pace_keys")

    @cached_property
    def route_cipher(self) -> FieldCipher:
        """Seals the URLs of routes, which hold passwords; they are the operator's and no subscriber's."""
        return FieldCipher(1, derive(self.kek, "routes"))

    @cached_property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """The keys that relays sign with. Raises ValueError for one that is none."""
        return tuple(read_secret(secret.get_secret_value()) for secret in self.relay_webhook_secrets)

    @cached_property
    def sns_trust(self) -> Trust:
        """Who is trusted to know Amazon SNS; nobody where no topic is taken. Raises NoRootsError, a ValueError."""
        return Trust(read_roots(self.sns_roots, variable="MAILER_SNS_ROOTS") if self.sns_topics else ())

    @property
    def own_hosts(self) -> frozenset[str]:
        """Hosts of our own that every mail may lead to: the opt-out pages, and the pages that answer a mail."""
        return frozenset(filter(None, map(host_of, (self.optout_public_url, self.scheduler_public_url))))

    @property
    def platform(self) -> PlatformFacts | None:
        """The sender of mail of our own; None where there is none."""
        if not self.platform_from or self.platform_postal_address is None:
            return None
        return platform_facts(
            name=self.platform_name,
            header_from=self.platform_from,
            reply_to=self.platform_reply_to or self.platform_from,
            postal_address=self.platform_postal_address,
            website=self.platform_website,
        )

    @property
    def platform_domain(self) -> str:
        """The header-from domain of mail of our own; empty where there is none."""
        return domain_of(self.platform_from) if self.platform else ""

    @property
    def bounce_records(self) -> BounceRecords:
        """What the operator's bounce domain is to publish."""
        return BounceRecords(self.bounce_domain, self.spf_record, self.mail_exchange or self.helo_name)

    def relay(self) -> Relay:
        """Return the relay that `smtp_url` names; raise ValueError for one that this mode does not take."""
        return self.relay_at(self.smtp_url.get_secret_value(), variable="MAILER_SMTP_URL")

    def relay_of(self, name: str, sealed: bytes | None) -> Relay | None:
        """Return the relay of a stored route (`sealed` None: the settings' own); None for a URL that does not open or that this mode refuses."""
        if sealed is None:
            return self.relay()
        try:
            url = self.route_cipher.decrypt(sealed, route_place(name)).decode()
            return self.relay_at(url, variable="url")
        except (UndecryptableError, ValueError):
            return None

    def relay_at(self, url: str, *, variable: str) -> Relay:
        """Return the relay at `url` or raise RelayUrlRefusedError, a ValueError that names `variable` and never the URL."""
        named = read_relay_url(url, mode=self.common.mode, variable=variable)
        return Relay(
            host=named.host,
            port=named.port,
            helo_name=self.helo_name,
            tls=TlsRule(named.tls),
            username=named.username,
            password=named.password,
        )


def load_settings() -> Settings:
    """Read the settings or raise SettingsRefusedError."""
    return load(Settings)


def _check_address(**given: str) -> None:
    """Raise ValueError naming the variable whose value is no mailbox."""
    for name, address in given.items():
        try:
            canonical_address(address)
        except AddressRefusedError:
            raise ValueError(f"{name} is no e-mail address") from None
