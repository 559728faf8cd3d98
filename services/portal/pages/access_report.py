"""An access report as one page that stands alone, to print or save: a hashed style sheet inside, no script, no foreign origin (S-094)."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request
from fastapi.responses import HTMLResponse

from services.portal.actions.make_access_report import make_access_report
from services.portal.deps import Deps
from shared.kit.auth import Caller, needs
from shared.kit.pages.forms import HTML_ANSWER
from shared.kit.pages.sheet import Sheet
from shared.schemas.personal_data import AccessReport, AccessReportInput, Fact

_FOLDER: Final = Path(__file__).parent / "templates"
_sheet = Sheet(
    _FOLDER,
    (_FOLDER / "access_report.css").read_text(encoding="utf-8"),
    posts=False,
    headers={"Content-Disposition": 'inline; filename="access-report.html"'},
)
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "consumer": ("Who you are", "Your record, as your practice's or shop's system sent it or its front desk wrote it."),
    "contact_point": ("Other ways to reach you", ""),
    "appointment": ("Appointments", ""),
    "visit": ("Visits", ""),
    "recare_due": ("Visits that fall due", ""),
    "vehicle": ("Vehicles", ""),
    "odometer_reading": ("Odometer readings", ""),
    "service_line": ("Work on your vehicles", ""),
    "relation": ("People you belong to", "Guardians, guarantors and the like, by their ids."),
    "consent_signal": ("What you told them about e-mail", ""),
    "merge": ("Records that were joined", ""),
    "edit": ("What the front desk changed", ""),
    "change": ("Changes of your record", "When which fields changed and by whom; old values are not kept."),
    "permission_told": ("Permission, as it was passed on", "What shows that you deal with this business."),
    "source_optout": ("Opt-outs, as they were passed on", ""),
    "planning_facts": ("What planning knows of you", "Dates, flags and keyed hashes; no name, no address."),
    "planned_appointment": ("Appointments, as planning knows them", ""),
    "planned_visit": ("Visits, as planning knows them", ""),
    "planned_recare": ("Visits that fall due, as planning knows them", ""),
    "recare_cycle": ("Since when a visit falls due", ""),
    "planned_vehicle": ("Vehicles, as planning knows them", ""),
    "planned_service": ("Work, as planning knows it", ""),
    "planned_relation": ("People you belong to, as planning knows them", ""),
    "planned_odometer": ("Odometer readings, as planning knows them", ""),
    "write_back": ("What was told to the practice's or shop's system", "Confirmations and opt-outs on their way back."),
    "touch": ("Reasons to write to you", "Each reason there was, and what became of it."),
    "decision": ("Decisions", "Why something was sent, moved or not sent."),
    "announced_appointment": ("Appointments as your mail told you of them", ""),
    "confirmation": ("What you confirmed", "By the page behind a mail."),
    "time_request": ("For what you asked another time", "By the page behind a mail."),
    "survey_answer": ("How you answered surveys", "Your score from 0 to 10, and what you wrote."),
    "planned_message": ("Mail as it was planned", ""),
    "message": ("E-mails to you", "Each mail and how it ended. What it said is shown on request, as it was sent."),
    "attempt": ("Attempts to deliver", ""),
    "content_view": ("Who looked at what we wrote to you", ""),
    "report": ("Bounces and complaints", ""),
    "unreachable": ("Why your address counts as unreachable", ""),
    "suppression": ("What keeps mail from you", "The mailer's own copy of your opt-outs."),
    "permission": ("Permission and opt-outs", "What you agreed to or stopped, when, and how we know."),
    "sign_up": ("Sign-ups", ""),
    "privacy_case": ("Your privacy requests", ""),
    "letter": ("What you wrote to us", ""),
    "mail_of_ours": ("Mails of our own that were asked for", ""),
    "subscriber_contact": ("You as a contact of a business", ""),
}
_SERVICES: Final = {
    "ingest": "Your record",
    "scheduler": "Planning",
    "mailer": "E-mails",
    "optout": "Permission and requests",
    "portal": "Accounts",
}


router = APIRouter(tags=["privacy"], max_body_size=16 * 1024)
_ASKED: Final = {"worked": {"value": {"case_id": "0192f0c1-7a00-7000-8000-00000000c001"}}}


@router.post("/v1/access-reports/page", response_class=HTMLResponse, responses=HTML_ANSWER)
async def make_page(
    body: Annotated[AccessReportInput, Body(openapi_examples=_ASKED)],
    caller: Annotated[Caller, needs("privacy")],
    request: Request,
) -> HTMLResponse:
    """Put together what all five services hold about the person of a proven access case, as a page to hand over."""
    deps: Deps = request.app.state.deps
    actor = f"{caller.kind}:{caller.name}"
    report = await make_access_report(deps, caller=caller, case_id=body.case_id, actor=actor)
    return render_report(report, privacy_contact=deps.settings.privacy_contact)


def render_report(report: AccessReport, *, privacy_contact: str) -> HTMLResponse:
    """Return the page. What nobody holds is said as well."""
    services = [
        {
            "title": _SERVICES.get(each.service, each.service),
            "holdings": [
                {
                    "title": _KINDS.get(holding.kind, (_words(holding.kind), ""))[0],
                    "note": _KINDS.get(holding.kind, ("", ""))[1],
                    "business": str(holding.subscriber_id)
                    if holding.subscriber_id and not report.subscriber_id
                    else "",
                    "records": [_lines(record) for record in holding.records],
                    "is_cut": holding.is_cut,
                }
                for holding in each.holdings
            ],
        }
        for each in report.services
    ]
    return _sheet.show(
        "access_report.html",
        report=report,
        made_at=report.made_at.strftime("%d %B %Y, %H:%M UTC").lstrip("0"),
        services=services,
        privacy_contact=privacy_contact,
    )


def _lines(record: Mapping[str, Fact]) -> list[tuple[str, str]]:
    return [(_words(name), _text(value)) for name, value in record.items()]


def _words(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
        try:
            return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M %Z").strip()
        except ValueError:
            return value
    return str(value)
