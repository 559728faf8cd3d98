"""The face for machines: what services and a subscriber's clients may ask of the opt-out service."""

from typing import Final

from fastapi import APIRouter

from services.optout.api import (
    bounces,
    changes,
    consents,
    evidence,
    exports,
    join,
    mail_requests,
    optouts,
    permissions,
    privacy_mails,
    signups,
    suppressions,
)

routers: Final[list[APIRouter]] = [
    consents.router,
    optouts.router,
    permissions.router,
    suppressions.router,
    changes.router,
    mail_requests.router,
    bounces.router,
    evidence.router,
    exports.router,
    privacy_mails.router,
    join.router,
    signups.router,
]
