"""The face for machines: what services and a subscriber's clients may ask of the opt-out service."""

from typing import Final

from fastapi import APIRouter

from services.optout.api import (
    address_keys,
    bounces,
    changes,
    consents,
    disclosures,
    erasures,
    evidence,
    exports,
    join,
    mail_requests,
    optouts,
    permissions,
    personal_data,
    privacy_cases,
    privacy_mails,
    prove,
    signups,
    suppressions,
)

routers: Final[list[APIRouter]] = [
    consents.router,
    optouts.router,
    permissions.router,
    address_keys.router,
    suppressions.router,
    changes.router,
    mail_requests.router,
    bounces.router,
    evidence.router,
    exports.router,
    privacy_mails.router,
    personal_data.router,
    privacy_cases.router,
    erasures.router,
    disclosures.router,
    prove.router,
    join.router,
    signups.router,
]
