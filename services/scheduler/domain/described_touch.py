"""A touch as people read it: what is stored, and the sentence that says why it is where it is (S-003)."""

import json
from collections.abc import Mapping
from typing import Any

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import arm_sentence
from services.scheduler.domain.due_basis import basis_sentence
from services.scheduler.domain.reasons import explain_touch
from shared.schemas.scheduler import Touch


def describe_touch(row: Mapping[str, Any], types: Mapping[str, CampaignType]) -> Touch:
    """Return a stored touch with its explanation; its type may be gone from the catalogue by now."""
    kind = types.get(row["campaign_type"])
    step = kind.step(row["step"]) if kind is not None else None
    trigger = kind.trigger.kind if kind is not None else "appointment"
    explanation = explain_touch(
        state=row["state"],
        reason=row["reason"],
        step_sentence=step.sentence(trigger) if step is not None else "",
        kind_title=kind.title if kind is not None else str(row["campaign_type"]),
        trigger=trigger,
        basis=" ".join(
            said
            for said in (
                basis_sentence(json.loads(row["basis"]) if isinstance(row["basis"], str) else row["basis"]),
                arm_sentence(row["arm"], row["variant"]),
            )
            if said
        ),
    )
    return Touch.model_validate({**row, "explanation": explanation})
