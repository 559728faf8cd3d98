"""Publishing in its own process: the same answer, bounded cost (S52)."""

import asyncio
import contextlib
import os
from dataclasses import replace
from uuid import uuid4

import pytest

from services.mailer.content.authors import MOST_AT_ONCE, Authors
from services.mailer.content.compile import compile_content
from services.mailer.content.findings import LintRules
from services.mailer.content.sandbox import compile_in_sandbox
from services.mailer.domain.refusals import AuthorsBusyError
from tests.bench.cost import family
from tests.mailer.content.examples import GOOD, MJML


async def test_the_worker_answers_what_compiling_here_would() -> None:
    """Nothing is lost on the way through two pipes."""
    rules = LintRules("Dueback", frozenset(("www.example.com",)))
    assert await compile_in_sandbox(GOOD, rules) == compile_content(GOOD, rules)
    bad = replace(GOOD, text="")
    assert await compile_in_sandbox(bad, rules) == compile_content(bad, rules)


async def test_a_content_that_eats_time_or_memory_is_stopped_and_told() -> None:
    """S52: quadratic template marks, a mountain of nesting."""
    hungry = replace(GOOD, mjml=MJML.replace("<h1>", "<p>" + "{{" * 40_000 + "</p><h1>"))
    deep = replace(GOOD, mjml="<mjml><mj-body><mj-section><mj-column><mj-text>" + "<b>" * 30_000)
    for source in (hungry, deep):
        compilation = await compile_in_sandbox(source, LintRules())
        assert compilation.content is None
        assert compilation.findings[0].severity == "error"


async def test_a_worker_gets_the_processor_after_those_that_send() -> None:
    """S52: its niceness is above ours while it runs."""
    compiling = asyncio.create_task(compile_in_sandbox(GOOD, LintRules()))
    own, niceness = os.getpriority(os.PRIO_PROCESS, 0), {0}
    while not compiling.done():
        niceness |= {os.getpriority(os.PRIO_PROCESS, pid) for pid in family(os.getpid()) if pid != os.getpid()}
        await asyncio.sleep(0.01)
    assert max(niceness) > own
    assert (await compiling).content is not None


async def test_a_business_that_has_used_up_its_share_waits_and_others_do_not() -> None:
    """S52: a style sheet that is held against every element costs all that a worker may use; a few of them are all that a business may."""
    hostile, neighbour, costly = uuid4(), uuid4(), replace(GOOD, mjml=COSTLY)
    authors, stopped = Authors(), 0
    with contextlib.suppress(AuthorsBusyError):
        while stopped < 10:
            with authors.admit(hostile):
                compilation = await compile_in_sandbox(costly, LintRules())
            assert [finding.code for finding in compilation.findings] == ["too_costly"]
            stopped += 1
    assert 1 <= stopped < 10
    with authors.admit(neighbour):
        assert (await compile_in_sandbox(GOOD, LintRules())).content is not None


def test_what_a_business_has_used_is_forgiven_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """S52: a tenth of a core in the long run, and a dozen ordinary previews at once."""
    authors, business, now = Authors(), uuid4(), 1000.0
    monkeypatch.setattr("services.mailer.content.authors.monotonic", lambda: now)
    for _ in range(12):
        with authors.admit(business):
            authors.charge(business, 0.25)
    with pytest.raises(AuthorsBusyError), authors.admit(business):
        pass
    now += 1.0
    with authors.admit(business):
        pass


def test_few_compile_at_once_and_of_a_business_one() -> None:
    """S52: who comes on top is told to come again; a place is free once its author is through, however that went."""
    authors, business = Authors(), uuid4()
    with contextlib.ExitStack() as stack:
        stack.enter_context(authors.admit(business))
        with pytest.raises(AuthorsBusyError), authors.admit(business):
            pass
        for _ in range(MOST_AT_ONCE - 1):
            stack.enter_context(authors.admit(None))
        with pytest.raises(AuthorsBusyError), authors.admit(uuid4()):
            pass
    with pytest.raises(ZeroDivisionError), authors.admit(business):
        _ = 1 / 0
    with authors.admit(business):
        pass


COSTLY = MJML.replace("<mj-attributes>", "<mj-style>" + ".x{color:red}" * 3000 + "</mj-style><mj-attributes>").replace(
    "<h1>", '<p class="x">y</p>' * 2500 + "<h1>"
)


async def test_a_worker_that_does_not_answer_in_time_is_killed() -> None:
    """The wall is ours, the processor's time its own."""
    compilation = await compile_in_sandbox(GOOD, LintRules(), wall_seconds=0.01)
    assert [finding.code for finding in compilation.findings] == ["too_costly"]
