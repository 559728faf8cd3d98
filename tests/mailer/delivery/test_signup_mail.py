"""A sign-up from the form to the mailbox and back: the confirmation arrives by SMTP, its link leads to one button, and then mail may go."""

import re
from email import message_from_bytes, policy

from tests.mailer.delivery.own_mail import follow
from tests.mailer.delivery.world import World


async def test_a_sign_up_is_mailed_confirmed_and_then_mail_goes(world: World) -> None:
    """S-004, S-020, S41: before the button no mail of the business leaves; after it the same kind of mail does."""
    subscriber_id, location_id = world.subscriber.subscriber_id, world.location.location_id
    neighbours = world.neighbours
    await neighbours.push("optout", "subscriber", str(subscriber_id), world.subscriber)
    await neighbours.push("optout", "location", str(location_id), world.location)
    join = f"/join/{world.optout.deps.links.seal('join', subscriber_id, location_id)}"
    answer = await world.optout_http.post(join, data={"address": "ann@example.com", "agree": "yes", "language": "es"})
    assert answer.status_code == 200
    await follow(world)
    assert await world.deliver() == {"sent": 1}
    mail = message_from_bytes(world.sink.messages[0].body or b"", policy=policy.default)
    assert mail["Subject"] == f"Confirme los correos de {world.subscriber.name}"
    words = mail.get_body(("plain",))
    assert words is not None
    link = re.search(r"https://optout\.example\.com(/confirm/[A-Za-z0-9_-]+)", words.get_content())
    assert link is not None
    page = await world.optout_http.get(link[1])
    assert page.text.count("<form") == page.text.count("<button") == 1
    assert world.subscriber.name in page.text
    [before] = await world.queue("ann@example.com")
    await world.deliver()
    assert (await world.state(before))[0] != "sent"
    assert (await world.optout_http.post(link[1])).status_code == 200
    [after] = await world.queue("ann@example.com")
    await world.deliver()
    assert (await world.state(after))[0] == "sent"
