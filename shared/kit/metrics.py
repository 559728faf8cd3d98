"""Metrics by prometheus-client, shown to the machine itself only; labels are services, routes and outcomes, never ids of people."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from shared.kit.auth import Anyone
from shared.kit.errors import NotFoundError

REQUESTS = Counter("dueback_http_requests_total", "Answered requests", ["service", "method", "status"])
SECONDS = Histogram("dueback_http_request_seconds", "Time to the last byte of the answer", ["service"])

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
async def show_metrics(request: Request, caller: Anyone) -> Response:
    """Show metrics to a scraper on this machine; from outside, and through any proxy, there is no such page (S87)."""
    host = request.client.host if request.client else ""
    if host not in ("127.0.0.1", "::1") or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        raise NotFoundError
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
