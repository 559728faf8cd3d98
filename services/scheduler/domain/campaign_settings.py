"""A campaign's own settings: which steps are on, and its send window. Anything unknown is refused before anything is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from services.scheduler.domain.campaign_type import CampaignType
from shared.kit.errors import Problem

_KNOWN = frozenset(("steps", "send_from", "send_until"))


class SettingsUnusableError(Problem):
    """The settings of a campaign contradict its type or themselves."""

    status, code, title = 422, "settings_unusable", "These settings do not fit the campaign type; `errors` names them."


@dataclass(frozen=True, slots=True)
class SendWindow:
    """Local times between which mail may leave: from `opens`, before `closes`."""

    opens: time
    closes: time

    def contains(self, local: time) -> bool:
        """Tell whether mail may leave at this local time."""
        return self.opens <= local < self.closes


def check_settings(kind: CampaignType, settings: Mapping[str, object], *, window: SendWindow) -> None:
    """Raise SettingsUnusableError unless every setting is one of ours and the send window is open for two hours at least."""
    wrong = sorted(set(settings) - _KNOWN)
    steps = settings.get("steps", {})
    if not isinstance(steps, Mapping):
        wrong.append("steps")
    else:
        known = {step.slug for step in kind.steps}
        wrong += [f"steps.{slug}"[:80] for slug, on in steps.items() if slug not in known or not isinstance(on, bool)]
    opens = _time(settings.get("send_from"), window.opens, "send_from", wrong)
    closes = _time(settings.get("send_until"), window.closes, "send_until", wrong)
    if not wrong and _minutes(closes) - _minutes(opens) < 120:
        wrong.append("send_until")
    if wrong:
        raise SettingsUnusableError(errors=[{"field": f"settings.{name}"[:120], "code": "unusable"} for name in wrong])


def _minutes(value: time) -> int:
    return value.hour * 60 + value.minute


def _time(value: object, default: time, name: str, wrong: list[str]) -> time:
    if value is None:
        return default
    try:
        if not isinstance(value, str) or len(value) != 5:
            raise ValueError
        return time.fromisoformat(value)
    except ValueError:
        wrong.append(name)
        return default
