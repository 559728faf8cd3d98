"""Plays the demonstration: data in, two days go by, mail out, one person opts out; returns everything it can be judged by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from deploy.demo.collect import Asked, ask_reasons, collect_side, find_leaks
from deploy.demo.evidence import Batch, Evidence, OneClick, Side
from deploy.demo.inbox import Inbox
from deploy.demo.mail import Mail
from deploy.demo.moment import local_instant
from deploy.demo.one_click import press_unsubscribe
from deploy.demo.quiet import read_status, wait_until_known, wait_until_quiet
from deploy.demo.set_up import Installation, Site, connect_source, set_up_business, switch_campaigns_on
from deploy.demo.supply import Supply

Tell = Callable[[str], None]
JUST_AFTER_TEN = (10, 5)  # both campaigns send at ten, local time
EVENING = (19, 55)


@dataclass
class Part:
    """One business while it is played."""

    supply: Supply
    site: Site
    connection_id: UUID
    batches: list[Batch] = field(default_factory=list)
    asked: Asked = field(default_factory=lambda: Asked({}, {}))


@dataclass
class Play:
    """One demonstration; `run` plays it from the first request to the last look at the ledgers."""

    installation: Installation
    supplies: Sequence[Supply]
    tell: Tell
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._inbox = Inbox(self.installation.http, self.installation.stack.inbox_url)
        self._start = self.installation.clock.now()

    @property
    def sites(self) -> list[Site]:
        """All businesses."""
        return [part.site for part in self.parts]

    async def run(self) -> Evidence:
        """Raises UnexpectedAnswerError and NeverQuietError when it cannot go on."""
        await self._open_businesses()
        await self._first_load()
        await self._pass_day(0, until=JUST_AFTER_TEN)
        click = await self._opt_out()
        await self._pass_day(0, until=EVENING)
        later_from = await self._last_number()
        await self._ask_reasons()
        await self._later_load()
        await self._pass_day(1, until=EVENING)
        return await self._collect(click, later_from)

    async def _open_businesses(self) -> None:
        for supply in self.supplies:
            site = await set_up_business(self.installation, supply.truth.business)
            connection_id = await connect_source(site, supply.go_live_at)
            self.parts.append(Part(supply, site, connection_id))
            self._say(f"{site.business.location['name']} signed its agreement and is live")

    async def _first_load(self) -> None:
        for part in self.parts:
            part.batches += await part.supply.hand_in_first(part.site, part.connection_id)
            await switch_campaigns_on(part.site)
            self._say_batch(part)
        for part in self.parts:
            await wait_until_known(part.site, part.connection_id, part.supply.truth.expected[-1].foreign_id)
        found = await wait_until_quiet(self.sites)
        self._say(f"{sum(status.planned for status in found)} touches planned")

    async def _ask_reasons(self) -> None:
        for part in self.parts:
            part.asked = await ask_reasons(part.site, part.supply.truth, part.connection_id)
        people = sum(len(part.asked.reasons) for part in self.parts)
        self._say(f"the reason asked for {people} people nothing is planned for")

    async def _later_load(self) -> None:
        before = [await read_status(site) for site in self.sites]
        for part in self.parts:
            part.batches += await part.supply.hand_in_later(part.site, part.connection_id)
            self._say_batch(part)
        await wait_until_quiet(self.sites, beyond=before)

    async def _pass_day(self, day: int, *, until: tuple[int, int]) -> None:
        """Moves the clock through the stops of a day that are still ahead, in every business's own zone."""
        for stop in self._stops(day, until):
            if stop <= self.installation.clock.now():
                continue
            before = await self._last_number()
            self.installation.clock.move_to(stop)
            await wait_until_quiet(self.sites)
            count = await self._last_number() - before
            self._say(f"{count} mails caught" if count else "nothing more to send")

    def _stops(self, day: int, until: tuple[int, int]) -> list[datetime]:
        stops: set[datetime] = set()
        for site in self.sites:
            date = self._start.astimezone(site.business.clock).date() + timedelta(days=day)
            times = {JUST_AFTER_TEN, until}
            stops |= {local_instant(date, hour, minute, site.business.zone) for hour, minute in times}
        return sorted(stops)

    async def _opt_out(self) -> OneClick | None:
        chosen = self._choose(await self._inbox.mails())
        if chosen is None:
            self._say("nobody has a mail to opt out from")
            return None
        part, mail = chosen
        status, took_s = await press_unsubscribe(self.installation.http, mail)
        people = [person.foreign_id for person in part.supply.truth.expected if person.recipient == mail.recipient]
        self._say(f"{', '.join(people)} pressed unsubscribe in mail {mail.number}: answered {status}")
        last_before = await self._last_number()
        more_due = mail.recipient in part.supply.optout_candidates
        slug = part.site.business.slug
        return OneClick(slug, tuple(people), mail.recipient, mail.number, last_before, status, took_s, more_due)

    def _choose(self, mails: Sequence[Mail]) -> tuple[Part, Mail] | None:
        """A mail of the first business that has one; of somebody who has more coming, if there is such a person."""
        for part in self.parts:
            sender = str(part.site.business.location["sender"]["header_from"]).lower()
            mine = {mail.recipient: mail for mail in reversed(mails) if mail.sender == sender and mail.one_click_url}
            for mailbox in (*part.supply.optout_candidates, *mine):
                if mailbox in mine:
                    return part, mine[mailbox]
        return None

    async def _collect(self, click: OneClick | None, later_from: int) -> Evidence:
        ended_at = self.installation.clock.now()
        sides: list[Side] = []
        for part in self.parts:
            sides.append(await collect_side(part.site, part.supply.truth, part.batches, part.asked))
        self._say("ledgers read")
        first = self.parts[0].site.business.clock
        return Evidence(
            started_at=self._start,
            ended_at=ended_at,
            first_day=self._start.astimezone(first).date(),
            sides=tuple(sides),
            mails=tuple(await self._inbox.mails()),
            later_from=later_from,
            opt_out=click,
            leaks=find_leaks(self.installation.stack.folder / "logs", sides),
        )

    async def _last_number(self) -> int:
        mails = await self._inbox.mails()
        return mails[-1].number if mails else 0

    def _say_batch(self, part: Part) -> None:
        report = part.batches[-1].report
        name = part.site.business.location["name"]
        counts = f"{report.applied} applied, {report.unchanged} unchanged, {report.rejected} refused"
        self._say(f"{name}: {report.received} records handed in, {counts}")

    def _say(self, text: str) -> None:
        self.tell(f"{self.installation.clock.now():%a %H:%M}  {text}")
