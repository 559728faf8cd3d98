"""Reasons that other services put on file, as sentences: what the mailer found out, and why ingest knows no usable address."""

from typing import Final

ADDRESS_SENTENCES: Final[dict[str, str]] = {
    "address_empty": "The address in the source is empty.",
    "address_too_long": "The address in the source is longer than an address can be.",
    "address_invalid": "The address in the source is no e-mail address.",
    "address_placeholder": "The address in the source only fills the field and belongs to nobody.",
    "role_address": "The address belongs to a role, such as a front desk, and is not written to until a person confirms it (N-16).",
    "text_gateway": "The address turns mail into text messages and is not written to until a person confirms it.",
    "disposable": "The address is a throw-away one and is not written to until a person confirms it.",
    "typo_suspected": "The address looks misspelt and is not written to until a person confirms it (N-14).",
}

REFUSAL_SENTENCES: Final[dict[str, str]] = {
    "mailbox_unknown": "The recipient's server knows no such mailbox.",
    "domain_unknown": "The address's domain does not exist.",
    "domain_without_mail": "The address's domain takes no mail.",
    "mailbox_moved": "The recipient's mailbox has moved and left no way to it.",
    "mailbox_disabled": "The recipient's mailbox is switched off.",
    "mailbox_full": "The recipient's mailbox is full.",
    "mailbox_refused": "The recipient's mailbox does not take it at present.",
    "not_deliverable": "The recipient's server could not deliver it; the address is not to blame.",
    "recipient_refused": "The recipient's server refused this recipient without a clear reason.",
    "message_refused": "The recipient's server refused this message; the address is not to blame.",
    "sender_auth": "The recipient's server found the sender not proven (SPF, DKIM or DMARC).",
    "refused_by_policy": "The recipient's server refused it by its policy; the address is not to blame.",
    "sender_refused": "The server refused the sender; the address is not to blame.",
    "slowed_down": "The recipient's server asked us to send more slowly.",
    "try_later": "The recipient's server asked us to try later.",
    "hard_bounced": "The relay reported that the address does not exist.",
    "soft_bounced": "The relay reported that the mail could not be delivered at present.",
    "relay_suppressed": "The relay has this address on its own list of those it does not write to.",
    "spam_complaint": "The recipient called it spam.",
}

RELAY_SENTENCES: Final[dict[str, str]] = {
    "connection_lost": "The connection to the relay broke.",
    "no_reply": "The relay did not answer in time.",
    "wrong_shape": "The relay's answers did not fit what was asked.",
    "garbled_reply": "The relay's answer could not be read.",
    "unowed_reply": "The relay answered what nobody had asked.",
    "server_closing": "The relay closed the connection.",
    "connect_failed": "The relay could not be reached.",
    "tls_failed": "No encrypted connection to the relay could be made.",
    "tls_not_offered": "The relay offers no encrypted connection.",
    "auth_failed": "The relay refused our credentials.",
    "reset_failed": "The relay would not begin anew after a refusal.",
    "body_not_taken": "The relay did not take the whole message in time.",
    "marker_too_old": "The last check before the hand-over was too long ago, so nothing was handed over.",
    "marker_unknown": "Whether the last check before the hand-over passed was not known, so nothing was handed over.",
    "travelled_along": "Another message in the same connection went wrong; this one waits for the next.",
    "took_nothing": "The relay took none of its recipients.",
    "not_now": "The relay or the recipient's provider takes no more at present.",
    "no_route": "No relay is ready to take mail.",
    "put_back": "It went back to the queue before anything was handed over.",
    "hand_over_failed": "The hand-over ended with an error of ours.",
    "prepare_failed": "It could not be prepared for an error of ours.",
    "worker_died": "The worker that was handing it over stopped: whether it arrived is not known.",
}

MAILER_SENTENCES: Final[dict[str, str]] = {
    "opted_out": "The address or the person has opted out.",
    "permission_unknown": "Nobody could say whether it is permitted, so it waited.",
    "sender_domain_unverified": "The sender's domain has no verified keys, so it may not leave unsigned.",
    "sender_key_missing": "The key of the sender's domain is lost or does not open, so it may not leave unsigned.",
    "sender_unfit": "The sender's data of the location cannot stand in a mail.",
    "header_unfit": "What would stand in the mail's head cannot stand there.",
    "fields_unfit": "A field of the message cannot be used by its content.",
    "address_unfit": "The address cannot be handed to a relay.",
    "address_not_canonical": "The address was not written in the one form that permission is asked for.",
    "message_unfit": "The message could not be written as the relay needs it.",
    "content_missing": "The published content is not there.",
    "content_unknown": "The mailer does not know the content yet.",
    "location_unknown": "The mailer does not know the location yet.",
    "platform_sender_missing": "The operator has set no sender for mail of our own.",
    "origin_not_yours": "The service that handed it in may not send mail of this origin.",
    "audience_refused": "Mail of this origin may not go to this kind of recipient.",
    "class_mismatched": "The message and its content are of different classes.",
    "optout_mismatched": "The message's way to opt out does not fit its origin.",
    "sender_mismatched": "The message's sender does not fit its origin.",
    "topic_unknown": "The message's topic is none that can be switched off.",
    "topic_not_asked": "Mail of this origin has no topic.",
    "touch_missing": "The message names no touch.",
    "cancelled": "It was taken back before it left.",
}

FOREIGN_SENTENCES: Final[dict[str, str]] = ADDRESS_SENTENCES | REFUSAL_SENTENCES | RELAY_SENTENCES | MAILER_SENTENCES
