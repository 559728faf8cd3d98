"""What the scheduler needs of the mailer: publish, submit, take back, write to staff, and its outcome feed. Submitting twice is harmless there."""

from collections.abc import Sequence
from uuid import UUID

from shared.kit.http import ServiceClient
from shared.schemas.account_mail import AccountMailInput
from shared.schemas.contents import Content, ContentInput, ContentPreview, ContentPreviewInput
from shared.schemas.mailer import (
    CancelAnswer,
    CancelInput,
    MessageInput,
    MessageReceipt,
    MessageReceipts,
    MessagesInput,
)

SUBMIT_SECONDS = 15.0
PUBLISH_SECONDS = 15.0


class MailerClient:
    """Calls the mailer. Raises SilentError and RefusedError; after silence the same message ids are simply submitted again."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service

    async def publish(self, content_id: UUID, content: ContentInput) -> Content:
        """Publish a content version; the same bytes again are a harmless repeat."""
        return await self.service.ask(
            "PUT", f"/v1/contents/{content_id}", Content, body=content, seconds=PUBLISH_SECONDS
        )

    async def preview(self, given: ContentPreviewInput) -> ContentPreview:
        """Show a content with these fields as its location would send it; nothing is kept there."""
        return await self.service.ask(
            "POST", "/v1/contents/preview", ContentPreview, body=given, seconds=PUBLISH_SECONDS
        )

    async def submit(self, messages: Sequence[MessageInput]) -> dict[UUID, MessageReceipt]:
        """Submit messages, at most 1,000, and return the receipts by message."""
        body = MessagesInput(messages=list(messages))
        answer = await self.service.ask("POST", "/v1/messages", MessageReceipts, body=body, seconds=SUBMIT_SECONDS)
        return {receipt.message_id: receipt for receipt in answer.receipts}

    async def send_account_mail(self, mail: AccountMailInput) -> MessageReceipt:
        """Have the mailer write to the people of a business in our own name; the same message id again is a harmless repeat."""
        return await self.service.ask("POST", "/v1/account-mail", MessageReceipt, body=mail, seconds=SUBMIT_SECONDS)

    async def cancel(self, subscriber_id: UUID, touch_ids: Sequence[UUID]) -> CancelAnswer:
        """Take touches back at once; touches the mailer never had are in neither list of the answer."""
        body = CancelInput(subscriber_id=subscriber_id, touch_ids=list(touch_ids))
        return await self.service.ask("POST", "/v1/messages/cancel", CancelAnswer, body=body)
