"""Take the dozen pictures of ``docs/images`` anew: ``python -m scripts.docs_images``.

Nobody has signed in to the demo that is shown, so that its own sign-ins do not fill the audit log.
"""

import asyncio
import base64
import secrets
import shutil
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, StorageState, async_playwright

from scripts.screenshots import ROOT, change_role, open_palette, sign_in, start_demo

TARGET = ROOT / "docs" / "images"
DATA = ROOT / ".cache" / "docs-images"

Arrange = Callable[[Page, str], Awaitable[Any]]


def at(path: str) -> Arrange:
    """Show a page of the admin."""
    return lambda page, admin: page.goto(admin + path)


async def follow(page: Page, address: str, rest: str = "") -> None:
    """Show what the first row of a list leads to, and its page ``rest``."""
    await page.goto(address)
    link = await page.locator("#results tbody a").first.get_attribute("href")
    await page.goto(f"{address.partition('/admin')[0]}{link}{rest}")


async def ask_for_many(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/users?status=active")
    await page.locator("[name=all]").check()
    await page.get_by_label("What to do with the selected").select_option("give-role")
    await page.get_by_role("button", name="Continue").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Role").select_option("customer care")
    await dialog.get_by_role("button", name="Show what changes").click()
    await dialog.locator("ins").first.wait_for()


async def open_event(page: Page, admin: str) -> None:
    await page.goto(f"{admin}/audit?q=user.")
    await page.locator("tr", has_text="user.role_granted").locator("summary").first.click()


PICTURES: dict[str, Arrange] = {
    "users": at("/users"),
    "users-bulk": ask_for_many,
    "user-access": lambda page, admin: follow(
        page, f"{admin}/users?role=bookseller&status=active", "/access?may=orders:refund"
    ),
    "user-sign-in": lambda page, admin: follow(page, f"{admin}/users?status=suspended"),
    "role": lambda page, admin: follow(page, f"{admin}/roles?q=customer"),
    "role-review": change_role,
    "permission": at("/permissions/orders:refund"),
    "audit": open_event,
    "palette": open_palette,
}


#: The pixels of a picture as numbers of its 256 commonest colours, each pixel by the nearest of them.
TO_PALETTE = """async (url) => {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const {width, height} = bitmap, context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer), counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const colours = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([pixel]) => parts(pixel));
  const nearest = new Map();
  for (const pixel of counts.keys()) {
    const [r, g, b] = parts(pixel);
    const far = colours.map(([x, y, z]) => (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2);
    nearest.set(pixel, far.indexOf(Math.min(...far)));
  }
  return {width, height, colours: colours.flat(), numbers: [...pixels].map((pixel) => nearest.get(pixel))};
}"""


async def in_few_colours(page: Page, picture: bytes) -> bytes:
    """The same PNG with a palette: a third of the bytes, and the same to the eye."""
    await page.goto("about:blank")
    found = await page.evaluate(TO_PALETTE, f"data:image/png;base64,{base64.b64encode(picture).decode()}")
    width, height, numbers = found["width"], found["height"], bytes(found["numbers"])
    rows = b"".join(b"\0" + numbers[row * width : (row + 1) * width] for row in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(found["colours"])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


async def take(
    browser: Browser, name: str, admin: str, arrange: Arrange, state: StorageState | None, **options: Any
) -> None:
    context = await browser.new_context(
        **{"viewport": {"width": 1280, "height": 800}, "storage_state": state} | options
    )
    page = await context.new_page()
    await arrange(page, admin)
    await page.wait_for_load_state("networkidle")
    picture = await page.screenshot()
    (TARGET / f"{name}.png").write_bytes(await in_few_colours(page, picture))
    await context.close()


async def take_all(admin: str, password: str) -> None:
    """Take each of them."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        await take(browser, "login", admin, at("/login"), None)
        state = await sign_in(browser, admin, password)
        for name, arrange in PICTURES.items():
            await take(browser, name, admin, arrange, state)
        await take(browser, "users-arabic", admin, at("/users"), state, locale="ar")
        phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
        await take(browser, "users-phone", admin, at("/users"), state, **phone)
        await browser.close()


def main() -> None:
    """Run it."""
    shutil.rmtree(DATA, ignore_errors=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    password = secrets.token_urlsafe(16)
    demo = start_demo(port, password, DATA)
    try:
        asyncio.run(take_all(f"http://127.0.0.1:{port}/admin", password))
    finally:
        demo.terminate()
        demo.wait()
    for picture in sorted(Path(TARGET).glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
