"""Mistakes of a host's own backend are found at the start, and what is asynchronous is taken."""

import functools
from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import AsyncMock

import pytest
from litestar import Litestar

from litestar_admin_auth.auth.backend_checks import METHODS
from litestar_admin_auth.core.exceptions import ConfigError
from tests.auth.site import plugin
from tests.auth.tickets import Person, Tickets, stable


class TestStart:
    """``AA009``, with what to write instead."""

    @staticmethod
    def refuse(backend: Any) -> ConfigError:
        with pytest.raises(ConfigError) as refused:
            Litestar(plugins=[plugin(auth_backend=backend, secret_key="")])
        assert refused.value.check_id == "AA009"
        return refused.value

    @staticmethod
    def accept(backend: Any) -> None:
        Litestar(plugins=[plugin(auth_backend=backend, secret_key="")])

    @pytest.mark.parametrize("method", METHODS)
    def test_a_method_that_is_missing_synchronous_a_generator_or_of_other_arguments(self, method: str) -> None:
        async def too_few(self: Any) -> None: ...
        async def too_many(self: Any, a: Any, b: Any, c: Any) -> None: ...
        async def by_name(self: Any, *, connection: Any, user: Any = None, credentials: Any = None) -> None: ...
        async def yields(self: Any, *_: Any) -> AsyncGenerator[None]:
            yield

        def generates(self: Any, *_: Any) -> Any:
            yield

        def plain(self: Any, *_: Any) -> None: ...

        expected = {
            None: "is missing", "text": "cannot be called", Person: "is the class Person", plain: "is not an async",
            generates: "is not an async", yields: "yields", too_few: "cannot take", too_many: "cannot take",
            by_name: "cannot take",
        }  # fmt: skip
        for wrong, message in expected.items():
            error = self.refuse(type("Directory", (Tickets,), {method: wrong})())
            assert message in error.message, (wrong, error)
            assert f"Directory.{method}" in error.message
            assert method in error.hint

    def test_a_class_for_an_instance(self) -> None:
        error = self.refuse(Tickets)
        assert error.message == "AdminConfig.auth_backend is the class Tickets."
        assert error.hint == "Pass an instance: auth_backend=Tickets(...)."

    @pytest.mark.parametrize("wrong", [object(), "backend", 7, [Tickets()]], ids=stable)
    def test_something_else(self, wrong: Any) -> None:
        assert "authenticate is missing" in self.refuse(wrong).message

    def test_whatever_really_is_asynchronous_is_taken(self) -> None:
        async def good(self: Any, *_: Any) -> None: ...
        async def with_more(self: Any, _a: Any, _b: Any = None, _c: Any = None, **_more: Any) -> None: ...
        async def bound(settings: Any, *_: Any) -> None: ...

        def logged(function: Any) -> Any:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return function(*args, **kwargs)

            return wrapper

        class Caller:
            async def __call__(self, *_: Any) -> None: ...

        for right in (
            good, with_more, logged(good), logged(logged(good)), staticmethod(functools.partial(bound, {})),
            functools.partial(bound, {}), functools.partial(functools.partial(bound), {}), Caller(), AsyncMock(),
            classmethod(good), functools.partial(Caller(), 1),
        ):  # fmt: skip
            self.accept(type("Directory", (Tickets,), dict.fromkeys(METHODS, right))())

    def test_a_decorator_that_hides_a_plain_function_does_not_make_it_asynchronous(self) -> None:
        @functools.wraps(Tickets.logout)
        async def asynchronous(self: Any, connection: Any) -> None: ...

        def plain(self: Any, connection: Any) -> None: ...

        wrapped = functools.wraps(plain)(lambda self, connection: None)
        self.refuse(type("Directory", (Tickets,), {"logout": wrapped})())
        self.accept(type("Directory", (Tickets,), {"logout": asynchronous})())
