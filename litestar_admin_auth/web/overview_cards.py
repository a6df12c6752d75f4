"""The host's cards on the first page. One that fails says so in its place; the page and the other cards stay."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request
from markupsafe import Markup

from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.appearance import OverviewCard
from litestar_admin_auth.web.render import page_context, viewer_of
from litestar_admin_auth.web.site import Pages

logger = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

#: Seconds that a card may load: nobody waits for a page whose one card asks a system that is down.
PATIENCE = 5.0


@dataclass(frozen=True)
class ShownCard:
    """A card as the page shows it; ``html`` is None for one that failed."""

    title: str
    html: Markup | None


async def load_cards(request: AnyRequest) -> list[ShownCard]:
    """Return the cards that the viewer may see, in the host's order; they load side by side."""
    viewer = viewer_of(request)
    cards: Sequence[OverviewCard] = [
        card
        for card in runtime_of(request).config.overview_cards
        if viewer is not None and (card.permission is None or viewer.can(card.permission))
    ]
    return list(await asyncio.gather(*(_load(request, card) for card in cards)))


async def _load(request: AnyRequest, card: OverviewCard) -> ShownCard:
    pages: Pages = runtime_of(request).pages
    try:
        async with asyncio.timeout(PATIENCE):
            variables = dict(await card.load(request)) if card.load is not None else {}
        context = page_context(request, pages, with_flashes=False) | variables
        return ShownCard(card.title, Markup(pages.templates.html(card.template, context)))  # noqa: S704 - autoescaped
    except Exception:
        # The host's code: whatever it raises is the host's to read in its log, not the administrator's on the page.
        logger.exception("the overview card %r failed", card.title)
        return ShownCard(card.title, None)
