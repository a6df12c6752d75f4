"""Shoot every page of the demo, wide and narrow, light and dark, into the ignored folder ``screenshots/``.

``python -m scripts.screenshots [NAME ...]`` shoots only the pages whose names are given. The demo's data lies in
``.cache/screenshots/`` and is made on the first run.
"""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, StorageState, async_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "screenshots"
DATA = ROOT / ".cache" / "screenshots"
WIDTHS = {"desktop": 1440, "phone": 390}
THEMES = ("light", "dark")

#: Name to address; a name in braces stands for the first link of that list.
PAGES = {
    "overview": "",
    "users": "/users",
    "users-search": "/users?q=an&status=active",
    "users-nothing": "/users?q=nobody-has-this-name",
    "users-suspension": "/users/bulk?act=suspend&all=1",
    "users-role": "/users/bulk?act=give-role&all=1&role=bookseller",
    "user-new": "/users/new",
    "user": "{user}",
    "user-invited": "{invited}",
    "user-suspended": "{suspended}",
    "user-access": "{user}/access",
    "user-sessions": "{user}/sessions",
    "user-access-asked": "{user}/access?may=orders:refund",
    "user-activity": "{user}/activity",
    "user-deletion": "{user}/deletion",
    "roles": "/roles",
    "role-new": "/roles/new",
    "role": "{role}",
    "role-superuser": "{superuser}",
    "role-members": "{role}/members",
    "role-members-nothing": "{role}/members?q=nobody-has-this-name",
    "role-history": "{role}/history",
    "role-deletion": "{role}/deletion",
    "permissions": "/permissions",
    "permission": "/permissions/orders:refund",
    "permission-undeclared": "/permissions/nobody:declares",
    "sessions": "/sessions",
    "audit": "/audit",
    "audit-filtered": "/audit?action=user.created&target_type=user",
    "audit-nothing": "/audit?q=nobody-has-this-name",
    "account": "/account",
    "account-password": "/account/password",
    "account-sessions": "/account/sessions",
    "account-preferences": "/account/preferences",
    "search": "/search?q=bo",
    "keys": "/help/keys",
    "not-found": "/no/such/page",
    "damaged": "/users?cursor=nope",
}

#: The pages that are shot in the other languages too, light only.
TRANSLATED = ("overview", "users", "user", "user-access", "role", "permissions", "sessions", "audit", "account")
LANGUAGES = ("de", "ar")

#: What somebody without a role sees.
FOR_NOBODY = {"landing": "", "refused": "/users", "landing-account": "/account"}
NOBODY = "nobody@example.com"

#: What is shown to whoever is not signed in.
FOR_STRANGERS = {
    "login": "/login",
    "password-reset": "/password-reset",
    "password-reset-sent": "/password-reset/sent",
    "password-reset-dead": "/password-reset/outdated",
    "invitation-dead": "/invitation/outdated",
}


async def fill_badly(page: Page, path: str, button: str, fields: dict[str, str]) -> None:
    """Send a form that cannot be saved; the fields by their labels."""
    await page.goto(path)
    for label, value in fields.items():
        await page.get_by_label(label, exact=True).fill(value)
    await page.get_by_role("button", name=button, exact=True).click()
    await page.get_by_role("alert").wait_for()


async def invite_badly(page: Page, admin: str) -> None:
    await fill_badly(page, f"{admin}/users/new", "Invite", {"E-mail": "admin@example.com"})


async def name_badly(page: Page, admin: str) -> None:
    await fill_badly(page, f"{admin}/roles/new", "Create role", {"Name": "superuser"})


async def change_badly(page: Page, admin: str) -> None:
    fields = {"Current password": "wrong", "New password": "short", "New password, once more": "other"}
    await fill_badly(page, f"{admin}/account/password", "Change password", fields)


async def enter_badly(page: Page, admin: str) -> None:
    fields = {"E-mail": "admin@example.com", "Password": "not the password"}
    await fill_badly(page, f"{admin}/login", "Sign in", fields)


async def change_role(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/roles")
    await page.get_by_role("link", name="customer care").click()
    await page.get_by_role("checkbox", name="books read").check()
    await page.get_by_role("checkbox", name="orders refund").uncheck()
    await page.get_by_role("heading", name="Saving changes this").wait_for()


async def open_event(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/audit?action=user.created")
    await page.locator("td summary").first.click()


async def select_users(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/users?status=active")
    for row in range(3):
        await page.locator("td [name=id]").nth(row).check()
    await page.get_by_label("What to do with the selected").select_option(label="Suspend")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("dialog").wait_for()


async def open_palette(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/users")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("bo")
    await page.get_by_role("group", name="Users").wait_for()


async def open_menu(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/roles")
    if await page.get_by_role("button", name="Menu").is_visible():
        await page.get_by_role("button", name="Menu").click()
    await page.locator("details.account summary").click()


async def open_dialog(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/account/sessions")
    await page.get_by_role("link", name="Sign out everywhere else").click()
    await page.get_by_role("dialog").wait_for()


#: What is there only after somebody did something; not the whole page, since dialogs and menus lie over the window.
STATES: dict[str, Callable[[Page, str], Awaitable[None]]] = {
    "palette": open_palette,
    "role-changed": change_role,
    "audit-event": open_event,
    "users-dialog": select_users,
    "menu": open_menu,
    "dialog": open_dialog,
    "user-new-error": invite_badly,
    "role-new-error": name_badly,
    "account-password-error": change_badly,
}
STATES_FOR_STRANGERS = {"login-error": enter_badly}


def start_demo(port: int, password: str, data: Path = DATA) -> subprocess.Popen[bytes]:
    """Start the demo on data of its own, and wait until it answers."""
    settings = {"PORT": str(port), "ADMIN_AUTH_DEMO_DIR": str(data), "ADMIN_AUTH_DEMO_PASSWORD": password}
    demo = subprocess.Popen(
        [sys.executable, "-m", "examples.demo"], cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL
    )
    for _ in range(1200):
        if demo.poll() is not None:
            sys.exit("the demo did not start")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login"):
                return demo
        except OSError:
            time.sleep(0.1)
    sys.exit("the demo does not answer")


def add_nobody(password: str) -> None:
    """Add somebody without a role to the demo's people; where they are already, give them the password."""
    environment = os.environ | {"ADMIN_AUTH_DEMO_DIR": str(DATA), "ADMIN_AUTH_PASSWORD": password}
    admin = [sys.executable, "-m", "litestar", "--app", "examples.demo.app:app", "admin"]
    for command in (["create-user", "--email", NOBODY, "--no-input"], ["set-password", NOBODY, "--no-input"]):
        subprocess.run([*admin, *command], cwd=ROOT, env=environment, capture_output=True, check=False)


async def enter(page: Page, admin: str, email: str, password: str) -> None:
    """Sign in through the form."""
    await page.goto(f"{admin}/login")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(admin)


async def sign_in(browser: Browser, admin: str, password: str) -> StorageState:
    """Sign in at a desk and on a phone, so that there is a session to end, and return the cookies of the desk."""
    states: list[StorageState] = []
    for agent in (None, "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36"):
        context = await browser.new_context(user_agent=agent)
        await enter(await context.new_page(), admin, "admin@example.com", password)
        states.append(await context.storage_state())
        await context.close()
    return states[0]


async def find_addresses(browser: Browser, admin: str, state: StorageState, paths: list[str]) -> dict[str, str]:
    """Find what the paths name: a user with roles, an ordinary role, the built-in one."""
    context = await browser.new_context(storage_state=state)
    page = await context.new_page()
    found: dict[str, str] = {}
    for name, path, label in (
        ("user", "/users?role=bookseller", ""),
        ("invited", "/users?status=invited", ""),
        ("suspended", "/users?status=suspended", ""),
        ("role", "/roles", "customer care"),
        ("superuser", "/roles", "superuser"),
    ):
        if not any(f"{{{name}}}" in wanted for wanted in paths):
            continue
        await page.goto(admin + path)
        links = page.locator("#results tbody a")
        link = links.filter(has_text=label).first if label else links.first
        found[name] = (await link.get_attribute("href") or "").removeprefix("/admin")
    await context.close()
    return found


async def shoot(page: Page, name: str, *, full_page: bool = True) -> None:
    """Shoot the window, for a full page one as high as the page: what sticks to the edges then lies over nothing."""
    await page.wait_for_load_state("networkidle")
    width, height, whole = await page.evaluate("[innerWidth, innerHeight, document.documentElement.scrollHeight]")
    if full_page:
        await page.set_viewport_size({"width": width, "height": max(height, whole)})
    await page.screenshot(path=TARGET / f"{name}.png")
    await page.set_viewport_size({"width": width, "height": height})


async def shoot_translations(
    page: Page, admin: str, addresses: dict[str, str], device: str, pages: dict[str, str]
) -> None:
    """Shoot the main ones of the pages in the other languages."""
    for language in LANGUAGES:
        await page.context.set_extra_http_headers({"Accept-Language": language})
        for name in TRANSLATED:
            if name in pages:
                await page.goto(admin + pages[name].format(**addresses))
                await shoot(page, f"{name}-{language}-{device}")
    await page.context.set_extra_http_headers({})


async def shoot_all(admin: str, password: str, wanted: set[str]) -> None:
    """Shoot the wanted pages, or all."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        state = await sign_in(browser, admin, password)
        pages = {name: path for name, path in PAGES.items() if not wanted or name in wanted}
        addresses = await find_addresses(browser, admin, state, list(pages.values()))
        for device, width in WIDTHS.items():
            for theme in THEMES:
                context = await browser.new_context(
                    storage_state=state,
                    color_scheme=theme,
                    viewport={"width": width, "height": 900},
                    has_touch=device == "phone",
                )
                page = await context.new_page()
                for name, path in pages.items():
                    await page.goto(admin + path.format(**addresses))
                    await shoot(page, f"{name}-{device}-{theme}")
                for name, arrange in STATES.items():
                    if not wanted or name in wanted:
                        await arrange(page, admin)
                        await shoot(page, f"{name}-{device}-{theme}", full_page=False)
                if theme == "light":
                    await shoot_translations(page, admin, addresses, device, pages)
                await context.clear_cookies()
                if not wanted or wanted & set(FOR_NOBODY):
                    await enter(page, admin, NOBODY, password)
                    for name, path in FOR_NOBODY.items():
                        if not wanted or name in wanted:
                            await page.goto(admin + path)
                            await shoot(page, f"{name}-{device}-{theme}")
                    await context.clear_cookies()
                for name, path in FOR_STRANGERS.items():
                    if not wanted or name in wanted:
                        await page.goto(admin + path)
                        await shoot(page, f"{name}-{device}-{theme}")
                for name, arrange in STATES_FOR_STRANGERS.items():
                    if not wanted or name in wanted:
                        await arrange(page, admin)
                        await shoot(page, f"{name}-{device}-{theme}", full_page=False)
                await context.close()
        await browser.close()


def main() -> None:
    """Run it."""
    TARGET.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    password = secrets.token_urlsafe(16)
    demo = start_demo(port, password)
    try:
        add_nobody(password)
        asyncio.run(shoot_all(f"http://127.0.0.1:{port}/admin", password, set(sys.argv[1:])))
    finally:
        demo.terminate()
        demo.wait()
    print(f"The pictures are in {TARGET.relative_to(ROOT)}/.")


if __name__ == "__main__":
    main()
