"""Stock content: each campaign type's own words in the shared layout, one content per vertical and language, its id derived from its bytes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from services.scheduler.content.fields import Mention, message_fields
from services.scheduler.content.template_file import FOLDER, TemplateFile, fill_slots, read_template_file
from services.scheduler.domain.answer_links import SAMPLE_ANSWER_URL
from services.scheduler.domain.campaign_type import CampaignType
from shared.schemas.contents import ContentInput
from shared.schemas.location import Vertical

_NAMESPACE: Final = UUID("b6f6a1de-5a52-4c0e-9f0e-6f1d2f1c7a10")
_SAMPLE_START: Final = datetime(2026, 3, 3, 9, 30)  # noqa: DTZ001 - a wall time
_SAMPLE_VEHICLES: Final = ("2019 Toyota Camry", "2022 Ford Transit")
_FALLBACK_LANGUAGE: Final = "en"

Key = tuple[str, Vertical, str]
"""Campaign type's slug, vertical, language."""


@dataclass(frozen=True, slots=True)
class StockContents:
    """All stock contents by key, and by id what is published under it."""

    ids: Mapping[Key, UUID]
    contents: Mapping[UUID, ContentInput]

    def of_types(self, slugs: Collection[str]) -> set[UUID]:
        """Return the contents of these types, in every vertical and language."""
        return {content_id for key, content_id in self.ids.items() if key[0] in slugs}

    def choose(self, slug: str, vertical: Vertical, languages: Iterable[str]) -> tuple[UUID, str]:
        """Return the content in the first of these languages that there is, else in English, and its language."""
        for language in (*languages, _FALLBACK_LANGUAGE):
            found = self.ids.get((slug, vertical, language))
            if found is not None:
                return found, language
        raise KeyError(slug)


def read_stock_contents(types: Mapping[str, CampaignType]) -> StockContents:
    """Read and put together every stock content; raises TemplateUnreadableError for an incomplete file."""
    layout = (FOLDER / "_layout.mjml").read_text(encoding="utf-8")
    words = read_template_file("_layout")
    ids: dict[Key, UUID] = {}
    contents: dict[UUID, ContentInput] = {}
    for kind in types.values():
        file = read_template_file(kind.slug)
        for vertical in kind.verticals:
            for language in file.languages:
                content = _compose(kind, file, words, layout, vertical=vertical, language=language)
                content_id = uuid5(_NAMESPACE, content.model_dump_json())
                ids[kind.slug, vertical, language] = content_id
                contents[content_id] = content
    return StockContents(ids, contents)


def _compose(
    kind: CampaignType, file: TemplateFile, words: TemplateFile, layout: str, *, vertical: Vertical, language: str
) -> ContentInput:
    def fill(template: str) -> str:
        return fill_slots(
            template,
            (file, words),
            language=language,
            vertical=vertical,
            named={"language": language, "notices": f"[[notices_{kind.message_class}]]"},
        )

    return ContentInput(
        subscriber_id=None,
        slug=kind.slug,
        language=language,
        vertical=vertical,
        message_class=kind.message_class,
        class_reason=kind.reason,
        subject=fill("[[subject]]"),
        mjml=fill(layout),
        text=fill("[[text]]\n\n[[text_footer]]\n"),
        sample=message_fields(
            sample_mentions(kind, vertical),
            trigger=kind.trigger.kind,
            language=language,
            is_change=False,
            links={kind.page: SAMPLE_ANSWER_URL} if kind.page else None,
        ),
    )


def sample_mentions(kind: CampaignType, vertical: Vertical) -> list[Mention]:
    """Return the sample people of a type: the first is the reader, each half an hour after the one before; or one owner's vehicles."""
    about_vehicles = kind.trigger.kind in ("service", "inspection", "declined")
    return [
        Mention(
            UUID(int=1 if about_vehicles else number + 1),
            name,
            _SAMPLE_START + timedelta(minutes=30 * number),
            about_vehicles or number == 0,
            vehicle_id=UUID(int=number + 1) if about_vehicles else None,
            vehicle=_SAMPLE_VEHICLES[number % 2] if about_vehicles else "",
            work="brakes" if about_vehicles else "",
        )
        for number, name in enumerate(kind.sample[vertical])
    ]
