"""Portal's records as they cross the wire."""

from services.portal.domain import client, location, operator, subscriber
from shared.schemas.location import PostalAddress
from shared.schemas.portal import Client, Location, Operator, Subscriber


def subscriber_shape(found: subscriber.Subscriber) -> Subscriber:
    """Return a subscriber as its owner and the operator see it."""
    return Subscriber(
        subscriber_id=found.subscriber_id,
        name=found.name,
        contact_name=found.contact.contact_name,
        postal_address=PostalAddress.model_validate(found.postal_address),
        phone=found.contact.phone,
        fax=found.contact.fax,
        email=found.contact.email,
        agreement_version=found.agreement_version,
        agreement_accepted_at=found.agreement_accepted_at,
        active=found.active,
        created_at=found.created_at,
    )


def location_shape(found: location.Location) -> Location:
    """Return a location with its version."""
    return Location.model_validate({name: getattr(found, name) for name in Location.model_fields})


def client_shape(found: client.Client) -> Client:
    """Return a client without its secret."""
    return Client.model_validate({name: getattr(found, name) for name in Client.model_fields})


def operator_shape(found: operator.Operator) -> Operator:
    """Return an operator without the secret."""
    return Operator.model_validate({name: getattr(found, name) for name in Operator.model_fields})
