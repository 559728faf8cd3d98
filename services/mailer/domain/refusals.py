"""What is wrong with a message or content somebody wants us to take."""

from shared.kit.errors import ConflictError, NotFoundError, Problem


class ContentRefusedError(Problem):
    """The content does not keep the rules; `findings` lists every one with its code and requirement."""

    status, code, title = 409, "content_refused", "The content does not keep the rules; `findings` says which."


class ContentFrozenError(ConflictError):
    """A published version never changes: other bytes need another id."""

    code, title = "content_frozen", "A content with this id is published with other bytes; publish under another id."


class MessageUnknownError(NotFoundError):
    """No such message for this caller."""

    code, title = "message_unknown", "There is no message with this id."


class StopCancellingError(ConflictError):
    """What the stop covers is still being cancelled: lifted now, some of it would go out."""

    code, title = "stop_cancelling", "What this stop covers is still being cancelled; lift it when that is finished."


class CancellationUnknownError(NotFoundError):
    """Nobody asked for this to be cancelled."""

    code, title = "cancellation_unknown", "There is no cancellation of this scope and id."


class StopMismatchedError(Problem):
    """A stop that would stop nothing."""

    status, code, title = 422, "stop_mismatched", "`all` is the id of scope `all`; the other scopes take a UUID."
