"""Publishing in its own process: the same answer, bounded cost (S52)."""

from dataclasses import replace

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import LintRules
from services.mailer.content.sandbox import compile_in_sandbox
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


async def test_a_worker_that_does_not_answer_in_time_is_killed() -> None:
    """The wall is ours, the processor's time its own."""
    compilation = await compile_in_sandbox(GOOD, LintRules(), wall_seconds=0.01)
    assert [finding.code for finding in compilation.findings] == ["too_costly"]
