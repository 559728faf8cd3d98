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
