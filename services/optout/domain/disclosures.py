"""What is refused of a disclosure to an authority (S-110)."""

from typing import Final

from shared.kit.errors import ConflictError, NotFoundError, Problem

APPROVALS_NEEDED: Final = 2


class DisclosureUnknownError(NotFoundError):
    """No such entry in the register."""

    code, title = "disclosure_unknown", "There is no such disclosure."


class ApproverIsRequesterError(Problem):
    """Who asks for a disclosure does not approve it."""

    status, code, title = 403, "approver_is_requester", "Who asked for a disclosure cannot approve it."


class ApprovedAlreadyError(ConflictError):
    """Two approvals are two people's."""

    code, title = "approved_already", "You have approved this disclosure already; another person must."


class ApprovalsMissingError(ConflictError):
    """Nothing is released on one person's word."""

    code, title = (
        "approvals_missing",
        "Two people other than the requester must approve a disclosure before it is released.",
    )


class ReleasedAlreadyError(ConflictError):
    """An entry tells of one release; another one is another entry."""

    code, title = "released_already", "This disclosure was released; what else is demanded is another entry."
