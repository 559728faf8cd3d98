"""P2: the campaign of P1 with every message signed by RSA-2048 and Ed25519, against what P1's own rate and bare signatures allow.

The same campaign unsigned is sent first, in the same run; a message that left unsigned would have been held, and a held one voids the figure.
"""

import asyncio
import os
from collections.abc import Mapping
from datetime import timedelta

import asyncpg

from shared.kit.http import AsyncClient, Timeout
from tests.bench.campaign import AHEAD
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.programs import run_limit
from tests.bench.sending import Run, describe, find_faults, send_campaign
from tests.bench.sinks import open_sink

_VERIFY = "update sender_keys set state = 'active', record = 'found', activated_at = created_at"
_NO_CHECK = "update sender_domains set next_check_at = next_check_at + $1"
_ESTABLISHED = "delete from paces where kind = 'sender'"
_SIGNATURES = 2000


class SigningLab(Lab):
    """A lab whose location has a sender domain with both keys in force; mail that is not signed is held."""

    def start(self, service: str, *modes: str, count: int = 1, extra: Mapping[str, str] | None = None) -> None:
        """As in the lab, with signatures required."""
        super().start(service, *modes, count=count, extra={**(extra or {}), "MAILER_DKIM_REQUIRED": "true"})

    async def introduce(self, service: str) -> None:
        """As in the lab; then registers the domain and takes its DNS records for found: there is no DNS to publish in."""
        await super().introduce(service)
        if service != "mailer":
            return
        body = {"domain": self.location.sender.header_from.partition("@")[2]}
        headers = {"Authorization": f"Bearer {self.token('locations')}"}
        async with AsyncClient(timeout=Timeout(30), trust_env=False) as http:
            answer = await http.post(f"{self.stack.urls['mailer']}/v1/sender-domains", json=body, headers=headers)
            answer.raise_for_status()
        connection = await asyncpg.connect(self.stack.databases["mailer"].worker)
        try:
            await connection.execute(_VERIFY)
            await connection.execute(_NO_CHECK, AHEAD + timedelta(days=1))
            await connection.execute(_ESTABLISHED)  # a new domain's ramp would let 100 go today
        finally:
            await connection.close()


def measure(options: Options) -> Figure:
    """Unsigned, then signed, then the bare signatures."""
    plain, _, faults, plain_details = _send(options, Lab)
    rate, run, signed_faults, details = _send(options, SigningLab)
    bare = run_limit("bare_sign", _SIGNATURES)
    sign_us = bare["rsa_us"] + bare["ed25519_us"]
    allowed = 1 / (1 / plain + sign_us / 1e6 / (os.cpu_count() or 1)) if plain else 0.0
    return Figure(
        id="P2",
        name=f"campaign send signed twice, {len(run.campaign.messages):,} messages",
        value=rate,
        unit="messages/s",
        limit="P1's cost of this run plus two bare signatures over all cores",
        limit_value=allowed,
        ratio=rate / allowed if allowed else 0.0,
        note=f"RSA-2048 and Ed25519; unsigned in this run {plain:,.0f}/s",
        void=", ".join(filter(None, (faults, signed_faults))),
        details=(
            *details,
            *((f"unsigned: {what}", figure) for what, figure in plain_details if "CPU" in what),
            ("bare RSA-2048, Ed25519: CPU a signature", f"{bare['rsa_us']:.0f} us, {bare['ed25519_us']:.0f} us"),
        ),
    )


def _send(options: Options, kind: type[Lab]) -> tuple[float, Run, str, tuple[tuple[str, str], ...]]:
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_campaign(kind(**vars(lab)), options))
    return run.rate, run, find_faults(run.campaign, sink), describe(run, sink)


ROW = Row("P2", "the same with DKIM, RSA-2048 and Ed25519", "70 % of P1's cost plus bare signatures", measure)
