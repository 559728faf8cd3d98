"""What to mind after a visit (catalogue post-visit instructions): the same day, two hours later, in general words or the location's own."""

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="post_visit",
    title="After your visit",
    verticals=("dental", "auto"),
    topic="visits",
    message_class="transactional",
    purpose="product_safety",
    class_reason="Safety information about a service that was just used, without promotion (15 U.S.C. 7702(17)(A)(ii)).",
    trigger=Trigger("visit", statuses=("completed",)),
    cycle="trigger",
    steps=(Step("same_day", hours=2, roll="stay", goes_late=True),),
    useful_days=1,
    rank=17,
    group=Group("post_visit", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    words="optional",
)
