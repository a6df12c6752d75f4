"""Work that no answer waits for, and that is not lost."""

import asyncio
import logging

import pytest

from litestar_admin_auth.core.background import Background


async def test_starting_does_not_wait_and_draining_does() -> None:
    background, gate, done = Background(), asyncio.Event(), []

    async def work() -> None:
        await gate.wait()
        done.append(1)

    assert background.start(work(), name="work")
    await asyncio.sleep(0)
    assert done == []
    gate.set()
    await background.drain()
    assert done == [1]


async def test_what_is_started_while_draining_is_finished_too() -> None:
    background, done = Background(), []

    async def second() -> None:
        done.append(2)

    async def first() -> None:
        background.start(second(), name="second")

    background.start(first(), name="first")
    await background.drain()
    assert done == [2]


async def test_a_fault_is_logged_by_its_name_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    background, done = Background(), []

    async def broken() -> None:
        raise RuntimeError("on purpose")

    async def whole() -> None:
        done.append(1)

    background.start(broken(), name="the broken one")
    background.start(whole(), name="the whole one")
    await background.drain()
    assert done == [1]
    assert "the broken one failed" in caplog.text


async def test_a_flood_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    background, gate, done = Background(limit=2), asyncio.Event(), []

    async def work() -> None:
        await gate.wait()
        done.append(1)

    assert [background.start(work(), name="work") for _ in range(3)] == [True, True, False]
    assert "work dropped" in caplog.text
    gate.set()
    await background.drain()
    assert len(done) == 2
    assert background.start(work(), name="work")
    await background.drain()


async def test_a_pause_ends_when_the_application_does() -> None:
    background, done = Background(), []

    async def patient() -> None:
        await background.pause(3600)
        await background.pause(3600)
        done.append(1)

    background.start(patient(), name="patient")
    await asyncio.sleep(0)
    await asyncio.wait_for(background.drain(), 10)
    assert done == [1]


async def test_what_never_ends_is_given_up_and_named(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()
    caplog.set_level(logging.ERROR)
    background.start(asyncio.Event().wait(), name="endless")  # type: ignore[arg-type]
    await background.drain(patience=0.05)
    assert "endless" in caplog.text
