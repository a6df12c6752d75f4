"""The host application: a few routes of its own, some open and some guarded, and the admin at ``/admin``."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request, get, post
from litestar.exceptions import NotFoundException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.template import TemplateConfig

from examples.demo import settings
from examples.demo.shop import BOOKS, ORDERS, PERMISSIONS, Book, Order
from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.guards import (
    requires_authentication,
    requires_permission,
    requires_role,
    requires_superuser,
)
from litestar_admin_auth.mail import FolderMail

TEMPLATES = Path(__file__).parent / "templates"


@get("/", sync_to_thread=False)
def shop_window(request: Request[Any, Any, Any]) -> Template:
    """Everybody sees the shelves; whoever is signed in also sees their name."""
    return Template("window.html", context={"books": list(BOOKS.values()), "user": request.scope.get("user")})


@get("/orders", guards=[requires_permission("orders:read")], sync_to_thread=False)
def orders_page(request: Request[Any, Any, Any]) -> Template:
    """A page for people with ``orders:read``."""
    return Template("orders.html", context={"orders": list(ORDERS.values()), "user": request.user})


@post("/orders/{order_id:int}/refund", guards=[requires_permission("orders:refund")], sync_to_thread=False)
def refund_by_form(order_id: int) -> Redirect:
    """The button on that page; whoever may only read is refused."""
    _refund(order_id)
    return Redirect("/orders", status_code=303)


@get("/api/books", sync_to_thread=False)
def list_books() -> list[Book]:
    """Open to everybody."""
    return list(BOOKS.values())


@post("/api/books/{book_id:int}/price", guards=[requires_permission("books:price")], sync_to_thread=False)
def change_price(book_id: int, data: dict[str, int]) -> Book:
    """Takes ``{"price": cents}``."""
    book = BOOKS.get(book_id)
    if book is None:
        raise NotFoundException("There is no such book.")
    book.price = max(0, data.get("price", book.price))
    return book


@get("/api/orders", guards=[requires_permission("orders:read")], sync_to_thread=False)
def list_orders() -> list[Order]:
    """The same orders for a program."""
    return list(ORDERS.values())


@post("/api/orders/{order_id:int}/refund", guards=[requires_permission("orders:refund")], sync_to_thread=False)
def refund(order_id: int) -> Order:
    """The same refund for a program."""
    return _refund(order_id)


@get("/api/stock", guards=[requires_role("warehouse", "shop manager")], sync_to_thread=False)
def stock() -> dict[str, int]:
    """Asks for a role by name; a permission is better, since roles come and go."""
    return {book.title: book.stock for book in BOOKS.values()}


@get(
    "/api/turnover",
    guards=[requires_permission("reports:read", "orders:export", any_of=True)],
    sync_to_thread=False,
)
def turnover() -> dict[str, int]:
    """One of two permissions is enough."""
    return {"cents": sum(order.total for order in ORDERS.values() if order.status != "refunded")}


@get("/api/me", guards=[requires_authentication], sync_to_thread=False)
def me(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Whoever is signed in."""
    return {"email": request.user.email, "roles": request.user.roles, "permissions": request.user.permissions}


@get("/api/safe", guards=[requires_superuser], sync_to_thread=False)
def safe() -> dict[str, str]:
    """Whoever holds ``*``."""
    return {"combination": "left to the imagination"}


def _refund(order_id: int) -> Order:
    order = ORDERS.get(order_id)
    if order is None:
        raise NotFoundException("There is no such order.")
    order.status = "refunded"
    return order


app = Litestar(
    route_handlers=[
        shop_window,
        orders_page,
        refund_by_form,
        list_books,
        change_price,
        list_orders,
        refund,
        stock,
        turnover,
        me,
        safe,
    ],
    template_config=TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine),
    plugins=[
        AdminPlugin(
            AdminConfig(
                title="Marginalia",
                secret_key=settings.load().secret,
                database=settings.database_url(),
                permissions=PERMISSIONS,
                # Plain HTTP, on this machine alone. Never in production: the cookie would travel readable.
                cookie_secure=False,
                public_origin=f"http://127.0.0.1:{settings.PORT}",
                # Nothing leaves this machine: each mail becomes a file. Yours: SMTPMail, or ADMIN_AUTH_MAIL_URL.
                mail=FolderMail(sender="Marginalia <no-reply@marginalia.example>", folder=settings.MAIL),
                template_dirs=[TEMPLATES],
            )
        )
    ],
)
