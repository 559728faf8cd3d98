"""Opts a person out exactly as a mail provider does when its button is pressed (RFC 8058 3.1)."""

import time

from deploy.demo.mail import Mail
from shared.kit.http import AsyncClient

BODY = "List-Unsubscribe=One-Click"


async def press_unsubscribe(http: AsyncClient, mail: Mail) -> tuple[int, float]:
    """POSTs to the web address in the mail's List-Unsubscribe, no cookie, no redirect; returns status and seconds until the answer."""
    began = time.monotonic()
    answer = await http.post(
        mail.one_click_url,
        content=BODY,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        follow_redirects=False,
    )
    return answer.status_code, time.monotonic() - began
