"""What is wrong with a message or content somebody wants us to take."""

from shared.kit.errors import BusyError, ConflictError, NotFoundError, Problem


class ContentRefusedError(Problem):
    """The content does not keep the rules; `findings` lists every one with its code and requirement."""

    status, code, title = 409, "content_refused", "The content does not keep the rules; `findings` says which."


class ContentUnknownError(NotFoundError):
    """No such content for this caller."""

    code, title = "content_unknown", "There is no such content."


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


class RouteUnknownError(NotFoundError):
    """No such route is on file."""

    code, title = "route_unknown", "There is no route with this name on file."


class RouteUrlRefusedError(Problem):
    """The URL of a route names no relay that this installation may use; `detail` says what to write."""

    status, code, title = 422, "route_url_refused", "The route's URL is missing or cannot be used."


class PaceNameRefusedError(Problem):
    """The name of a pace fits none of its kind."""

    status, code, title = (
        422,
        "pace_name_refused",
        "A recipient's name is a domain; a sender's is `subscriber_id:domain`.",
    )


class MessageNotUncertainError(ConflictError):
    """Nothing about this message is open: only a doubt can be settled."""

    code, title = "message_not_uncertain", "Only an uncertain message can be settled."


class LogShapeUnknownError(Problem):
    """A log in a form that we do not read."""

    status, code, title = 415, "media_type_unknown", "A relay's log is text/plain (Postfix) or application/x-ndjson."


class AuthorsBusyError(BusyError):
    """As many contents are being saved or previewed as may be at once, or those of this business have cost too much of late (S52)."""

    code, title = "authors_busy", "No more contents can be saved or previewed just now; try again in half a minute."
    headers = {"Retry-After": "30"}  # noqa: RUF012 - ClassVar of the base


class SignatureRefusedError(Problem):
    """A report that nobody we know has signed, or not in time; nothing more is said, so that nobody learns why."""

    status, code, title = 401, "signature_refused", "The signature of this report cannot be verified."


class OptoutUnreachableError(BusyError):
    """A complaint or opt-out could not be put on file: the relay sends the report again."""

    code, title = "optout_unreachable", "The opt-outs of this report cannot be put on file now; send it again."


class SnsUnreachableError(BusyError):
    """The certificate or the confirmation of a subscription could not be fetched: Amazon SNS posts again."""

    code, title = "sns_unreachable", "What this message needs from Amazon SNS cannot be fetched now; send it again."


class MessageLeavingError(BusyError):
    """A report came before the relay's reply to its message is on file; told now, it would be overtaken by `sent`."""

    code, title = "message_leaving", "The message of this report is just being handed over; send it again."


class LocationUnknownError(NotFoundError):
    """No such location for this caller."""

    code, title = "location_unknown", "There is no location with this id."
