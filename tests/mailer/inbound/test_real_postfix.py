"""Through a real Postfix: one mail arrives, one comes back to our receiver, and its log settles what it left in doubt (L-071 to L-073, N-95)."""

import email
import os
import socket

import pytest

from services.mailer.main import open_inbound
from tests.fixtures.postfix import BINARY, Postfix, open_postfix
from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.world import key_of, open_world
from tests.mailer.inbound.post import ADDRESS, Post
from tests.mailer.inbound.test_doubts_settled import upload

NOBODY = "nobody@patients.example.com"

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root only"),
    pytest.mark.skipif(BINARY is None, reason="Postfix is not installed"),
]


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def wait_until_reported(post: Post, postfix: Postfix) -> None:
    """Wait until the bounce is on file and the other mail in its box."""

    async def is_done() -> bool:
        return bool(await post.reports() and postfix.delivered)

    await post.world.until(is_done, seconds=60)


async def test_a_real_postfix_delivers_bounces_and_proves(neighbours: Neighbours) -> None:
    """L-072, L-073, N-95: accepted by it, bounced by its own report to the envelope sender; then the same told by its log alone (L-071)."""
    port = free_port()
    async with (
        open_world(neighbours, SmtpSink(port=port)) as world,
        open_inbound(world.mailer.deps, port=0) as back,
    ):
        assert back is not None
        post = Post(world, back)
        async with open_postfix(port=port, mailbox=ADDRESS, bounces=post.domain, back=back) as postfix:
            arrives, returns = await world.send(ADDRESS, NOBODY)
            await world.deliver()
            assert [(await world.state(each))[0] for each in (arrives, returns)] == ["sent", "sent"]
            await wait_until_reported(post, postfix)
            log = postfix.log
            (mail,) = postfix.delivered
        assert email.message_from_bytes(mail)["message-id"] == f"<{arrives}@{post.domain}>"
        assert await post.reports() == [("bounce", "hard", "mailbox_unknown")]
        assert await post.unreachable() == {key_of(NOBODY): "mailbox_unknown"}
        told = [(each["message_id"], each["state"]) for each in await world.outcomes()]
        assert told[-1] == (str(returns), "bounced")
        await world.database.execute("update messages set state = 'uncertain'")
        answer = (await upload(post, log)).json()
        assert (answer["settled"], answer["unreadable"]) == ({"sent": 1, "bounced": 1}, 0), answer
        assert [(await world.state(each))[0] for each in (arrives, returns)] == ["sent", "bounced"]
