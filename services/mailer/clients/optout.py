"""What the mailer asks of optout: permission for a batch, the suppression log with its lease, opt-outs that came by mail.

On silence nothing is sent (fails closed) and a mail that came in is left to its sender to try again.
"""

from collections.abc import Sequence

from shared.kit.http import RefusedError, ServiceClient, SilentError
from shared.schemas.ledger import BouncesInput
from shared.schemas.optout import (
    OptoutsInput,
    PermissionBatch,
    PermissionGroup,
    PermissionVerdicts,
    PrivacyMailInput,
    PrivacyMailReceipt,
    Recorded,
    SuppressionAnswer,
    SuppressionPoll,
)


class OptoutSilentError(Exception):
    """No usable answer: whatever was asked counts as no."""


class OptoutClient:
    """optout as the mailer sees it."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def check(self, groups: Sequence[PermissionGroup]) -> PermissionVerdicts:
        """Ask permission for at most 1,000 messages; raise OptoutSilentError if optout does not answer every one."""
        try:
            found = await self._client.ask(
                "POST", "/v1/permissions/batch", PermissionVerdicts, body=PermissionBatch(groups=list(groups))
            )
        except (SilentError, RefusedError) as error:
            raise OptoutSilentError(str(error)) from None
        asked = sum(len(group.address_keys) for group in groups)
        if len(found.verdicts) != asked or found.verdicts.count("r") != len(found.reasons):
            raise OptoutSilentError("the answers do not match what was asked")
        return found

    async def poll(self, poll: SuppressionPoll) -> SuppressionAnswer:
        """Report positions, receive entries and perhaps a lease; raise OptoutSilentError otherwise."""
        try:
            return await self._client.ask(
                "POST", "/v1/suppressions/poll", SuppressionAnswer, body=poll, seconds=poll.wait_seconds + 2
            )
        except (SilentError, RefusedError) as error:
            raise OptoutSilentError(str(error)) from None

    async def report(self, optouts: OptoutsInput) -> None:
        """Put opt-outs that came by mail on file; they are in force when this returns. Raises OptoutSilentError otherwise: ask again."""
        try:
            await self._client.ask("POST", "/v1/optouts", Recorded, body=optouts)
        except (SilentError, RefusedError) as error:
            raise OptoutSilentError(str(error)) from None

    async def tell_bounces(self, bounces: BouncesInput) -> None:
        """Put bounces of one subscriber's mail on file; a repeat changes nothing. Raises OptoutSilentError: ask again."""
        try:
            await self._client.ask("POST", "/v1/bounces", Recorded, body=bounces)
        except (SilentError, RefusedError) as error:
            raise OptoutSilentError(str(error)) from None

    async def keep_privacy_mail(self, mail: PrivacyMailInput) -> None:
        """Hand over what somebody wrote to the privacy mailbox; it is on file when this returns. Raises OptoutSilentError otherwise: ask again."""
        try:
            await self._client.ask("POST", "/v1/privacy-mails", PrivacyMailReceipt, body=mail)
        except (SilentError, RefusedError) as error:
            raise OptoutSilentError(str(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
