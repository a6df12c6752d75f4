"""Hashing: every byte counts, nobody is cheaper than somebody, old hashes move up."""

import asyncio
import threading

import bcrypt
import pytest
from pwdlib.hashers.bcrypt import BcryptHasher

from litestar_admin_auth.core.passwords import COST, Passwords, PrehashedBcryptHasher

FAST = 4


class CountingHasher(PrehashedBcryptHasher):
    """Counts what costs time, and remembers where it ran."""

    def __init__(self) -> None:
        super().__init__(FAST)
        self.runs = 0
        self.threads: set[int] = set()

    def _count(self) -> None:
        self.runs += 1
        self.threads.add(threading.get_ident())

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self._count()
        return super().hash(password, salt=salt)

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - pwdlib's name
        self._count()
        return super().verify(password, hash)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords((PrehashedBcryptHasher(FAST), BcryptHasher(FAST)))


class TestVerify:
    @pytest.mark.parametrize(
        "password",
        [
            "correct horse battery",
            "  spaces at both ends  ",
            "👩‍🚀 über-geheim 密码",
            "x" * 1024,
            "before\x00after",
            "é",
        ],
    )
    async def test_a_password_is_taken_verbatim(self, passwords: Passwords, password: str) -> None:
        stored = await passwords.hash(password)
        assert await passwords.verify(stored, password) == (True, None)
        assert await passwords.verify(stored, password + " ") == (False, None)
        assert await passwords.verify(stored, password[:-1]) == (False, None)

    async def test_byte_73_matters(self, passwords: Passwords) -> None:
        stored = await passwords.hash("x" * 72 + "a")
        assert (await passwords.verify(stored, "x" * 72 + "b"))[0] is False
        assert (await passwords.verify(stored, "x" * 72 + "a"))[0] is True

    async def test_what_follows_a_nul_matters(self, passwords: Passwords) -> None:
        stored = await passwords.hash("before\x00after")
        assert (await passwords.verify(stored, "before\x00other"))[0] is False

    async def test_composed_and_decomposed_letters_differ(self, passwords: Passwords) -> None:
        stored = await passwords.hash("caf\u00e9")
        assert (await passwords.verify(stored, "cafe\u0301"))[0] is False

    async def test_two_hashes_of_one_password_differ(self, passwords: Passwords) -> None:
        assert await passwords.hash("same") != await passwords.hash("same")

    async def test_a_bare_sha256_of_another_leak_is_no_password_here(self, passwords: Passwords) -> None:
        import base64
        import hashlib

        shucked = base64.b64encode(hashlib.sha256(b"correct horse battery").digest())
        stored = await passwords.hash("correct horse battery")
        assert not bcrypt.checkpw(shucked, stored.removeprefix("$hmac-sha256").encode())

    async def test_the_policy_is_cost_twelve(self) -> None:
        assert COST == 12
        assert (await Passwords().hash("a password")).startswith("$hmac-sha256$2b$12$")

    @pytest.mark.parametrize("stored", ["", "plain", "$2b$", "$hmac-sha256$2b$99$" + "a" * 53, "$argon2id$v=19$m=1"])
    async def test_a_damaged_hash_lets_nobody_in(self, passwords: Passwords, stored: str) -> None:
        assert await passwords.verify(stored, "anything") == (False, None)


class TestUpgrade:
    async def test_a_plain_bcrypt_hash_is_replaced(self, passwords: Passwords) -> None:
        plain = bcrypt.hashpw(b"an old password", bcrypt.gensalt(FAST)).decode()
        verified, upgraded = await passwords.verify(plain, "an old password")
        assert verified
        assert upgraded is not None
        assert upgraded.startswith("$hmac-sha256$2b$")
        assert await passwords.verify(upgraded, "an old password") == (True, None)

    async def test_a_cheaper_hash_is_replaced(self) -> None:
        cheap = PrehashedBcryptHasher(FAST).hash("a password")
        _, upgraded = await Passwords((PrehashedBcryptHasher(FAST + 1),)).verify(cheap, "a password")
        assert upgraded is not None
        assert "$05$" in upgraded

    async def test_a_wrong_password_upgrades_nothing(self, passwords: Passwords) -> None:
        plain = bcrypt.hashpw(b"an old password", bcrypt.gensalt(FAST)).decode()
        assert await passwords.verify(plain, "a guess") == (False, None)

    async def test_a_73rd_byte_against_plain_bcrypt_is_a_refusal_not_a_fault(self, passwords: Passwords) -> None:
        plain = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(FAST)).decode()
        assert await passwords.verify(plain, "x" * 73) == (False, None)


class TestCost:
    @pytest.mark.parametrize("stored", [None, "damaged"])
    async def test_nobody_costs_one_run_from_the_first_time_on(self, stored: str | None) -> None:
        hasher = CountingHasher()
        passwords = Passwords((hasher,))
        for expected in (1, 2, 3):
            assert await passwords.verify(stored, "a guess") == (False, None)
            assert hasher.runs == expected

    async def test_somebody_costs_one_run_too(self) -> None:
        hasher = CountingHasher()
        passwords = Passwords((hasher,))
        stored = PrehashedBcryptHasher(FAST).hash("a password")
        await passwords.verify(stored, "a guess")
        assert hasher.runs == 1

    async def test_nobody_has_the_stand_ins_password(self) -> None:
        passwords = Passwords((PrehashedBcryptHasher(FAST),))
        for _ in range(2):
            assert await passwords.verify(None, "nobody has this password") == (False, None)

    async def test_it_runs_off_the_event_loop(self) -> None:
        hasher = CountingHasher()
        passwords = Passwords((hasher,))
        await passwords.verify(await passwords.hash("a password"), "a password")
        assert threading.get_ident() not in hasher.threads

    async def test_the_loop_goes_on_meanwhile(self) -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        await Passwords().hash("a password")
        ticking.cancel()
        assert ticks > 10
