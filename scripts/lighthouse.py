"""Ask Lighthouse how accessible the login, the list of users and the matrix of a role are; less than 100 is a failure.

``make lighthouse`` needs npm; Lighthouse (some 180 MB) is installed into ``.cache/lighthouse/`` on the first run.
It stays out of ``make test``, where axe looks at every page in every width and theme.
"""

import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from scripts.screenshots import ROOT, find_addresses, sign_in, start_demo

FOLDER = ROOT / ".cache" / "lighthouse"
VERSION = "13"
PAGES = {"login": "/login", "users": "/users", "role": "{role}"}


def install() -> Path:
    """Return the program, after installing it where it is missing."""
    program = FOLDER / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm is not installed")
        options = ["--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER)]
        subprocess.run([npm, "install", *options, f"lighthouse@{VERSION}"], check=True, cwd=FOLDER)
    return program


async def prepare(admin: str, password: str, chromium: str) -> tuple[str, dict[str, str]]:
    """Return the cookies of somebody signed in, as a header, and the addresses of the pages."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        state = await sign_in(browser, admin, password)
        addresses = await find_addresses(browser, admin, state, list(PAGES.values()))
        await browser.close()
    cookies = "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in state.get("cookies", []))
    return cookies, addresses


def failures(program: Path, url: str, cookies: str, chromium: str) -> tuple[float, list[str]]:
    """Return the score, 0 to 100, and what was found."""
    command = [
        str(program), url, "--only-categories=accessibility", "--output=json", "--quiet",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]  # fmt: skip
    if cookies:
        command.append("--extra-headers=" + json.dumps({"Cookie": cookies}))
    ended = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": chromium}, capture_output=True, check=True, text=True, timeout=180
    )
    report = json.loads(ended.stdout)
    found = [
        f"{audit['id']}: {audit['title']}"
        for audit in report["audits"].values()
        if audit["scoreDisplayMode"] == "binary" and audit["score"] == 0
    ]
    if report["finalDisplayedUrl"].rstrip("/") != url:
        found.append(f"asked for {url}, got {report['finalDisplayedUrl']}")
    return report["categories"]["accessibility"]["score"] * 100, found


def main() -> None:
    """Run it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("no Chromium")
    program = install()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    password = secrets.token_urlsafe(16)
    demo = start_demo(port, password)
    worst = 100.0
    try:
        admin = f"http://127.0.0.1:{port}/admin"
        cookies, addresses = asyncio.run(prepare(admin, password, chromium))
        for name, path in PAGES.items():
            url = admin + path.format(**addresses)
            score, found = failures(program, url, "" if name == "login" else cookies, chromium)
            worst = min(worst, score if not found else 0)
            print(f"{name}: {score:.0f}", *found, sep="\n  ")
    finally:
        demo.terminate()
        demo.wait()
    sys.exit(worst < 100)


if __name__ == "__main__":
    main()
