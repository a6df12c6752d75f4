"""``python -m benchmarks``: measure, and print ratios. ``ADMIN_AUTH_BENCHMARK_URL`` names another empty database."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import UUID

import httpx
from litestar import Litestar

from benchmarks.shop import PASSWORD, Call, app_with_admin, bare, fill, longest_gap, running, seconds, sign_in, sqlite
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.services.cursors import Cursor, encode

#: Prints the resident memory of a process that has built an application, in kilobytes. Not ``ru_maxrss``: a child
#: starts with its parent's.
MEMORY = """
from pathlib import Path
from litestar import Litestar
{more}
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")))
"""


def row(what: str, ratio: float, against: str, absolute: str) -> None:
    print(f"| {what} | {ratio:.2f} x | {against} | {absolute} |")


async def host_routes(url: str) -> None:
    """What a request to the host's own routes costs."""

    def get(browser: httpx.AsyncClient, path: str) -> Call:
        async def call() -> None:
            answer = await browser.get(path)
            answer.raise_for_status()

        return call

    async with running(Litestar([bare], logging_config=None)) as browser:
        alone = await seconds(get(browser, "/bare"), rounds=5, times=400)
    async with running(app_with_admin(url)) as browser:
        stranger = await seconds(get(browser, "/bare"), rounds=5, times=400)
        await sign_in(browser)
        known = await seconds(get(browser, "/bare"), rounds=5, times=200)
        guarded = await seconds(get(browser, "/guarded"), rounds=5, times=200)
    against = "the same without the plugin"
    row("host route, nobody signed in", stranger / alone, against, f"{stranger * 1e6:.0f} us")
    row("host route, signed in: token, session and roles are read", known / alone, against, f"{known * 1e6:.0f} us")
    row("the same behind a guard", guarded / known, "signed in, without a guard", f"{guarded * 1e6:.0f} us")


async def logins(url: str) -> None:
    """What a login costs, and how long others wait for it."""
    passwords = Passwords()
    hashed = await passwords.hash(PASSWORD)
    bcrypt = await seconds(lambda: passwords.verify(hashed, PASSWORD), rounds=3, times=3)
    async with running(app_with_admin(url)) as browser:
        login = await seconds(lambda: sign_in(browser), rounds=3, times=3)
        gap = await longest_gap(asyncio.gather(*(sign_in(browser) for _ in range(8))))
    row("a login", login / bcrypt, "its bcrypt run of cost 12 alone", f"{login * 1e3:.0f} ms")
    row("longest wait of anybody during 8 logins at once", gap / bcrypt, "one bcrypt run", f"{gap * 1e3:.0f} ms")


async def lists(small: str, large: str) -> None:
    """Whether a page of users costs more where there are more users."""
    times: list[float] = []
    for url in (small, large):
        async with running(app_with_admin(url)) as browser:
            await sign_in(browser)
            times.append(await seconds(lambda browser=browser: browser.get("/admin/users"), rounds=3, times=15))
    row("the page of users, of 20,000", times[1] / times[0], "of 200", f"{times[1] * 1e3:.1f} ms")
    async with running(app_with_admin(large)) as browser:
        await sign_in(browser)

        async def cost(query: str) -> float:
            async def call() -> None:
                (await browser.get(f"/admin/users?{query}")).raise_for_status()

            return await seconds(call, rounds=3, times=10)

        first = await cost("")
        middle = encode(Cursor("email", backward=False, value="person5", id=UUID(int=0)))
        for what, query in (
            ("a page in the middle", f"sort=email&cursor={middle}"),
            ("a search that many fit", "q=example"),
            ("a search that nobody fits: it looks at everybody", "q=nobody-is-called-so"),
            ("all of them counted", "count=true"),
        ):
            taken = await cost(query)
            row(f"the page of users, of 20,000: {what}", taken / first, "its first page", f"{taken * 1e3:.1f} ms")


def memory(url: str) -> None:
    """What the process weighs."""
    plugin = f"from benchmarks.shop import app_with_admin\napp = app_with_admin({url!r})"
    weights: list[int] = []
    # The host of the comparison has a database too: SQLAlchemy is not ours alone.
    database = "import sqlalchemy.ext.asyncio, advanced_alchemy.extensions.litestar, jinja2\napp = Litestar([])"
    for more in (database, plugin):
        code = MEMORY.format(more=more)
        printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        weights.append(int(printed))
    against = "Litestar with SQLAlchemy, Advanced Alchemy and Jinja"
    row("resident memory", weights[1] / weights[0], against, f"{weights[1] / 1024:.0f} MB")


async def main() -> None:
    """Run them all."""
    with tempfile.TemporaryDirectory() as folder:
        small = os.environ.get("ADMIN_AUTH_BENCHMARK_URL") or sqlite(Path(folder), "small")
        large = sqlite(Path(folder), "large")
        await fill(small, 200)
        await fill(large, 20_000)
        print("| what | ratio | against | on this machine |\n|---|---|---|---|")
        await host_routes(small)
        await logins(small)
        await lists(small, large)
        memory(small)


if __name__ == "__main__":
    asyncio.run(main())
