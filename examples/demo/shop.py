"""The shop: what can be done in it, who does it, and what is on its shelves."""

from dataclasses import dataclass
from datetime import date

PERMISSIONS = {
    "books:read": "See every book, also unpublished ones",
    "books:write": "Add books and change their texts",
    "books:publish": "Put a book on the shop's pages",
    "books:price": "Change the price of a book",
    "books:import": "Load a publisher's price list",
    "books:delete": "Delete books",
    "authors:read": "See authors and their contracts",
    "authors:write": "Add and change authors",
    "orders:read": "See orders",
    "orders:write": "Take and change orders",
    "orders:ship": "Mark orders as shipped",
    "orders:refund": "Refund orders",
    "orders:cancel": "Cancel orders",
    "orders:export": "Export orders for the tax office",
    "customers:read": "See customers and what they bought",
    "customers:write": "Change customers' addresses",
    "customers:export": "Export customers",
    "customers:erase": "Erase a customer's personal data",
    "stock:read": "See what is in stock",
    "stock:count": "Enter a stocktaking",
    "stock:move": "Move books between the shop and the warehouse",
    "stock:order": "Order from suppliers",
    "suppliers:read": "See suppliers and their terms",
    "readings:read": "See readings and guest lists",
    "readings:write": "Plan readings",
    "readings:publish": "Announce readings",
    "readings:cancel": "Cancel readings",
    "newsletter:read": "See newsletters",
    "newsletter:write": "Write newsletters",
    "newsletter:send": "Send newsletters to everybody",
    "discounts:read": "See discounts",
    "discounts:write": "Propose discounts",
    "discounts:approve": "Approve discounts",
    "reviews:read": "See reviews, also hidden ones",
    "reviews:moderate": "Hide and show reviews",
    "reviews:delete": "Delete reviews",
    "reports:read": "See turnover and margins",
    "reports:export": "Export reports",
    "settings:read": "See the shop's settings",
    "settings:write": "Change the shop's settings",
}

#: Name, description, what it holds, and how many of a hundred people have it.
ROLES: list[tuple[str, str, list[str], int]] = [
    (
        "shop manager",
        "Runs a branch: everything in the shop, and its people",
        [
            "books:*",
            "authors:*",
            "orders:*",
            "customers:read",
            "customers:write",
            "stock:*",
            "suppliers:read",
            "readings:*",
            "discounts:*",
            "reviews:*",
            "reports:*",
            "settings:read",
            "users:read",
            "users:write",
            "roles:read",
            "permissions:read",
            "sessions:read",
            "audit:read",
        ],
        4,
    ),
    (
        "bookseller",
        "Sells at the counter and on the telephone",
        ["books:read", "authors:read", "orders:read", "orders:write", "customers:read", "stock:read", "readings:read"],
        46,
    ),
    (
        "editor",
        "Writes what the website and the newsletter say",
        [
            "books:read",
            "books:write",
            "books:publish",
            "authors:read",
            "authors:write",
            "newsletter:read",
            "newsletter:write",
            "readings:read",
            "readings:write",
            "readings:publish",
            "reviews:read",
            "reviews:moderate",
        ],
        12,
    ),
    (
        "warehouse",
        "Counts, packs and ships",
        ["books:read", "orders:read", "orders:ship", "stock:*", "suppliers:read"],
        20,
    ),
    (
        "customer care",
        "Answers letters and makes things good",
        [
            "orders:read",
            "orders:write",
            "orders:refund",
            "orders:cancel",
            "customers:read",
            "customers:write",
            "discounts:read",
            "reviews:read",
            "reviews:moderate",
        ],
        13,
    ),
    (
        "accountant",
        "Keeps the books that nobody reads for pleasure",
        ["orders:read", "orders:export", "reports:read", "reports:export", "suppliers:read", "discounts:read"],
        5,
    ),
]


@dataclass
class Book:
    """A book on the shelf; the price is in cents."""

    id: int
    title: str
    author: str
    price: int
    stock: int


@dataclass
class Order:
    """An order; the total is in cents."""

    id: int
    customer: str
    book: str
    total: int
    placed: date
    status: str = "paid"


BOOKS = {
    book.id: book
    for book in (
        Book(1, "A Field Guide to Forgotten Staircases", "Ilse Vandermeer", 2490, 12),
        Book(2, "The Cartographer's Apology", "Tomás Arriaga", 1890, 31),
        Book(3, "Letters to a Lighthouse", "Aoife Brennan", 1450, 4),
        Book(4, "Salt, Thread, Lantern", "Nkechi Adeyemi", 2100, 0),
        Book(5, "How Rivers Are Named", "Keiko Morita", 2750, 9),
        Book(6, "The Second-Best Orchard", "Piotr Zieliński", 1290, 22),
    )
}

ORDERS = {
    order.id: order
    for order in (
        Order(1041, "Marguerite Dufour", "Letters to a Lighthouse", 1450, date(2026, 2, 3)),
        Order(1042, "Samuel Osei", "How Rivers Are Named", 2750, date(2026, 2, 4)),
        Order(1043, "Hanna Lindqvist", "The Cartographer's Apology", 3780, date(2026, 2, 4), "shipped"),
        Order(1044, "Rohan Mehta", "The Second-Best Orchard", 1290, date(2026, 2, 6)),
        Order(1045, "Catarina Lopes", "A Field Guide to Forgotten Staircases", 2490, date(2026, 2, 9)),
    )
}
