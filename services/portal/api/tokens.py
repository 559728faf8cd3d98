"""The token endpoint and the published keys."""

import base64
import binascii
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request

from services.portal.actions.issue_token import issue_token
from services.portal.api.access import Given
from services.portal.api.examples import CLIENT_ID, KEYS, TOKEN, answers
from services.portal.domain.signing import keys_shown_at
from services.portal.domain.tokens import (
    TOKEN_SECONDS,
    GrantUnsupportedError,
    TokenRequest,
    TokenRequestInvalidError,
)
from services.portal.store.signing_keys import list_signing_keys
from shared.kit.auth import Anyone
from shared.kit.requests import Transaction
from shared.schemas.portal import PublishedKey, PublishedKeys, Token, TokenInput

router = APIRouter(tags=["tokens"])
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_OCTETS: Final = 8 * 1024
_EXAMPLE: Final = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": "dueback_(43 letters)",
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {_FORM: {"schema": TokenInput.model_json_schema(), "example": _EXAMPLE}},
    }
}


@router.post("/v1/token", max_body_size=_MOST_OCTETS, responses=answers(TOKEN), openapi_extra=_BODY)
async def answer_token_request(request: Request, caller: Anyone, deps: Given) -> Token:
    """Exchange client credentials (form fields, or HTTP Basic) for a bearer token of 15 minutes (RFC 6749 4.4)."""
    asked = await _read_request(request)
    issued = await issue_token(
        deps.worker_db,
        request=asked,
        operator=deps.operator,
        cipher=deps.key_cipher,
        failures=deps.failures,
        source=request.client.host if request.client else "",
        clock=deps.clock,
    )
    return Token(access_token=issued.text, token_type="Bearer", expires_in=TOKEN_SECONDS, scope=issued.scope)  # noqa: S106


@router.get("/v1/keys", responses=answers(KEYS))
async def show_keys(caller: Anyone, deps: Given, connection: Transaction) -> PublishedKeys:
    """Show the public keys that verify tokens, as a JSON Web Key Set (RFC 7517)."""
    keys = keys_shown_at(await list_signing_keys(connection), deps.clock.now())
    return PublishedKeys(
        keys=[
            PublishedKey(x=base64.urlsafe_b64encode(key.public_key).rstrip(b"=").decode(), kid=key.key_id)
            for key in keys
        ]
    )


async def _read_request(request: Request) -> TokenRequest:
    """Read the form; parameters must not repeat and credentials must come once and never in the query (RFC 6749 2.3.1, 3.2)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM or request.query_params:
        raise TokenRequestInvalidError
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise TokenRequestInvalidError from None
    form = dict(pairs)
    if len(form) != len(pairs) or not form.get("grant_type"):
        raise TokenRequestInvalidError
    if form["grant_type"] != "client_credentials":
        raise GrantUnsupportedError
    basic = _basic(request.headers.get("authorization", ""))
    if (basic is None) != ("client_secret" in form):
        raise TokenRequestInvalidError
    client_id, secret = basic or (form.get("client_id", ""), form["client_secret"])
    if not client_id or form.get("client_id", client_id) != client_id:
        raise TokenRequestInvalidError
    return TokenRequest(client_id, secret, form.get("scope", ""))


def _basic(header: str) -> tuple[str, str] | None:
    """Return id and secret of an HTTP Basic header, each form-encoded (RFC 6749 2.3.1); None where there is no header."""
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise TokenRequestInvalidError
        name, colon, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise TokenRequestInvalidError from None
    if not colon:
        raise TokenRequestInvalidError
    return unquote_plus(name), unquote_plus(secret)
