"""Why something falls due on its day, in words, from the figures that planning computed it with and stored beside the touch."""

from collections.abc import Mapping
from typing import Any


def basis_sentence(basis: Mapping[str, Any] | None) -> str:
    """Return the sentence, "" where a date needs none. `by` names the rule; the other keys are its figures."""
    if not basis:
        return ""
    rule = basis.get("by")
    if rule == "mileage":
        return (
            f"Due on {basis['due_on']} by mileage: {basis['miles']} miles after the service of {basis['serviced_on']} at "
            f"{basis['a_day']} miles a day, told from {basis['used']} readings ({basis['ignored']} ignored); "
            f"by time it would be {basis['by_time_on']}."
        )
    if rule == "time":
        pace = f"{basis['a_day']} miles a day would be later" if basis.get("a_day") else "the odometer tells no pace"
        return f"Due on {basis['due_on']} by time: {basis['months']} months after the service of {basis['serviced_on']}; {pace}."
    if rule == "recare":
        return f"The practice system gives {basis['due_on']} as the recare date ({basis['recare_kind']}); the cycle began with {basis['began_with']}."
    if rule == "inspection":
        return f"The inspection or registration ends on {basis['due_on']}."
    if rule == "line":
        safety = ", a safety item" if basis.get("is_safety") else ""
        return f"The work was {basis['state']} on {basis['noted_on']}{safety} and not done since."
    return ""
