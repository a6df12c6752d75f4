"""A host that changes how the admin looks: everything that docs/theming.md tells of.

Run it with ``ADMIN_AUTH_SECRET_KEY=... litestar --app examples.themed.app:app run``.
"""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request, get

from litestar_admin_auth import AdminConfig, AdminPlugin, NavEntry, OverviewCard
from litestar_admin_auth.guards import requires_permission

HERE = Path(__file__).parent
ORDERS = {1041: "three books on owls", 1042: "a map of Iceland"}


@get("/orders", guards=[requires_permission("orders:read")], sync_to_thread=False)
def orders() -> dict[int, str]:
    """A page of the host's; the link in the navigation leads here."""
    return ORDERS


async def open_orders(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What the card's template may use."""
    return {"orders": ORDERS, "name": request.user.email}


config = AdminConfig(
    title="Owl Books",
    logo=HERE / "logo.svg",
    accent="#7c3aed",
    style_sheet=HERE / "admin.css",
    template_dirs=[HERE / "templates"],
    permissions={"orders:read": "See orders"},
    navigation=[
        NavEntry("Orders", "/orders", permission="orders:read"),
        NavEntry("Help desk", "https://help.example/owl-books"),
    ],
    overview_cards=[
        OverviewCard("Open orders", "cards/orders.html", load=open_orders, permission="orders:read"),
    ],
)

app = Litestar([orders], plugins=[AdminPlugin(config)])
