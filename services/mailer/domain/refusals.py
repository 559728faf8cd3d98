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


class StopMismatchedError(Problem):
    """A stop that would stop nothing."""

    status, code, title = 422, "stop_mismatched", "`all` is the id of scope `all`; the other scopes take a UUID."


class MessageNotUncertainError(ConflictError):
    """Nothing about this message is open: only a doubt can be settled."""

    code, title = "message_not_uncertain", "Only an uncertain message can be settled."


class LogShapeUnknownError(Problem):
    """A log in a form that we do not read."""

    status, code, title = 415, "media_type_unknown", "A relay's log is text/plain (Postfix) or application/x-ndjson."
