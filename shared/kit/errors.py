"""Errors named for what is wrong in the business, rendered once as RFC 9457 problem details (kit/app.py)."""

from collections.abc import Mapping
from typing import ClassVar


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Base of every refusal. Subclasses set `status`, `code` (stable, for machines) and `title` (for people).

    `detail` may name ids and limits, never submitted values or personal data (S79).
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    title: ClassVar[str] = "The request cannot be carried out."
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str = "", **members: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.members = members


class NotAuthenticatedError(Problem):
    """No credential, or one that does not verify."""

    status, code, title = 401, "not_authenticated", "A valid credential is needed."
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012 - ClassVar of the base


class NotAllowedError(Problem):
    """The credential is good but does not cover this."""

    status, code, title = 403, "not_allowed", "This credential does not cover the request."


class SignInStaleError(Problem):
    """A person asks for what needs a sign-in of the last minutes (S-056)."""

    status, code, title = 403, "fresh_sign_in_needed", "Sign in again first."


class NotFoundError(Problem):
    """No such thing for this caller: the same answer for foreign and for unknown ids (S2)."""

    status, code, title = 404, "not_found", "There is no such thing."


class ConflictError(Problem):
    """The state does not allow it."""

    status, code, title = 409, "conflict", "The present state does not allow this."


class TooLargeError(Problem):
    """A body, line or page over its limit."""

    status, code, title = 413, "too_large", "The request is larger than the limit."


class TooSlowError(Problem):
    """The body did not arrive in time."""

    status, code, title = 408, "too_slow", "The request did not arrive in time."


class BusyError(Problem):
    """We are at our limit; the caller may try again."""

    status, code, title = 503, "busy", "The service is at its limit; try again shortly."
    headers = {"Retry-After": "1"}  # noqa: RUF012


class UnreadableBodyError(Problem):
    """Broken JSON, wrong encoding, truncated gzip."""

    status, code, title = 400, "body_unreadable", "The body cannot be read in its declared form."


class VersionMismatchError(Problem):
    """If-Match names another version than the stored one."""

    status, code, title = 412, "version_mismatch", "The thing has changed since it was read."


class VersionNeededError(Problem):
    """An edit without If-Match."""

    status, code, title = 428, "version_needed", "Send If-Match with the version that was read."


class OnHoldError(Problem):
    """The service is in HOLD (boot after a restore) until a person releases it."""

    status, code, title = 503, "on_hold", "The service is on hold until a person releases it."
