"""Why a campaign cannot be switched on or changed."""

from shared.kit.errors import ConflictError, NotFoundError, Problem


class CampaignTypeUnknownError(NotFoundError):
    """There is no such campaign type."""

    code, title = "campaign_type_unknown", "There is no campaign type of that name."


class LocationNotLiveError(ConflictError):
    """No consumer mail before a location is live (S-074)."""

    code, title = "location_not_live", "The location is not live yet: no campaign can be switched on (S-074)."


class SubscriberInactiveError(ConflictError):
    """The subscriber may not act."""

    code, title = "subscriber_inactive", "The business's subscription is not active."


class AgreementRequiredError(ConflictError):
    """No agreement on file (S-052)."""

    status, code, title = 403, "agreement_required", "The business has not accepted the agreement."


class HoursMissingError(ConflictError):
    """Steps that roll over closed days need opening hours (N-60)."""

    code, title = "hours_missing", "The location has no opening hours, so closed days cannot be told."


class ZoneRefusedError(ConflictError):
    """The location's zone is unknown to the database (N-49)."""

    code, title = (
        "zone_unknown",
        "The location's time zone is not known; a zone name such as America/Chicago is needed.",
    )


class VerticalMismatchError(ConflictError):
    """The type is not made for this kind of business."""

    code, title = "vertical_mismatch", "This campaign type is not made for this kind of business."


class CampaignExistsError(ConflictError):
    """The location has this campaign already."""

    code, title = "campaign_exists", "This campaign is switched on at this location already."


class CampaignEndedError(ConflictError):
    """An ended campaign stays ended."""

    code, title = "campaign_ended", "An ended campaign cannot be changed; switch it on anew."


class SpanUnusableError(Problem):
    """The days asked for are none."""

    status, code, title = 422, "span_unusable", "Name one day, or a first and a last day in their order, or no day."


class CampaignMoveRefusedError(ConflictError):
    """The state machine has no such way (domain/campaign_states.py)."""

    code, title = "campaign_move_refused", "The campaign's state does not lead there."


class DraftRefusedError(ConflictError):
    """Series follow records and have nothing to prepare."""

    code, title = (
        "draft_refused",
        "Only a campaign on dates of its own (newsletter, promotion, seasonal) can be a draft.",
    )


class SenderMissingError(ConflictError):
    """No mail without a header from and a reply to (S-013, L-004)."""

    code, title = "sender_missing", "The location has no sender address that readers see and can answer."


class ActivationRefusedError(ConflictError):
    """A campaign that would send nothing, or not what is meant."""

    code, title = "activation_refused", "The campaign would send nothing, or not what is meant; `errors` names why."


class DayFixedError(ConflictError):
    """Another day would be another mail, to those who have had this one too."""

    code, title = "day_fixed", "Some of it has left, so its day stays; end it and prepare another one."


class ComparisonFixedError(ConflictError):
    """What is compared with another must stay what it is until it is decided."""

    code, title = (
        "comparison_fixed",
        "Two variants are being compared: their words, offer, links and rule stay until it is decided; or end it.",
    )


class ComparisonMissingError(NotFoundError):
    """Nothing is compared."""

    code, title = "comparison_missing", "This campaign compares no variants."


class ComparisonOpenError(ConflictError):
    """Nobody looks before the time."""

    code, title = "comparison_open", "That comparison is not decided: what people did is looked at once, on its day."


class NotByHandError(ConflictError):
    """A series speaks of a person's own records, which only its touches have."""

    code, title = "not_by_hand", "Only a campaign on dates of its own (newsletter, promotion, seasonal) can do this."


class TestRecipientUnknownError(ConflictError):
    """A test goes to the location's own people only, never to a consumer."""

    code, title = (
        "test_recipient_unknown",
        "A test goes to the location's test recipients only, or to where its answers go.",
    )


class TestLimitReachedError(Problem):
    """Tests rest on no consent, so they are few."""

    status, code, title = 429, "test_limit_reached", "The business has had its tests for today; try again tomorrow."
    headers = {"Retry-After": "3600"}  # noqa: RUF012 - ClassVar of the base


class TestRefusedError(ConflictError):
    """The mailer would not take it; the detail is its code."""

    code, title = "test_refused", "The mailer does not take this campaign at present; `detail` is its reason."


class PreviewRefusedError(ConflictError):
    """The mailer would not show it; the detail is its code."""

    code, title = "preview_refused", "The mailer cannot show this campaign at present."
