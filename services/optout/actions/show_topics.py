"""Finds how each topic of a business stands for the address of a link."""

from services.optout.domain.entries import PLATFORM
from services.optout.domain.preferences import TopicState, topic_states
from services.optout.store.door import Door
from services.optout.store.group_commit import short_transaction
from services.optout.store.ledger import read_stops_of
from shared.schemas.token import OptoutToken
from shared.schemas.topics import Topic


async def show_topics(door: Door, link: OptoutToken) -> dict[Topic, TopicState]:
    """Return the state of every topic; raise what the database raises, and TooManyStopsError."""
    async with short_transaction(door.database) as connection:
        found = await read_stops_of(connection, link.subscriber_id, PLATFORM, address_key=link.address_key)
    return topic_states(found, location_id=link.location_id)
