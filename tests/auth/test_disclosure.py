"""What a stranger may find of a concealed admin; tests/manners/test_concealment.py asks whole hosts."""

import pytest

from litestar_admin_auth.auth.disclosure import opens


@pytest.mark.parametrize(
    ("method", "below", "has_login_form", "opened"),
    [
        ("GET", "login", True, True), ("HEAD", "login", True, True), ("POST", "login", True, True),
        ("PUT", "login", True, False), ("OPTIONS", "login", True, False), ("get", "login", True, False),
        ("GET", "login", False, False), ("POST", "login", False, False), ("GET", "login/x", True, False),
        ("POST", "api/auth/login", True, True), ("GET", "api/auth/login", True, False),
        ("POST", "api/auth/login", False, False), ("POST", "api/auth/logout", True, False),
        ("POST", "api/auth/refresh", True, False), ("GET", "", True, False), ("GET", "users", True, False),
        ("GET", "static/abc/admin.css", True, True), ("HEAD", "static/abc/vendor/x.js", True, True),
        ("POST", "static/abc/admin.css", True, False), ("GET", "static/abc/admin.css", False, False),
        ("GET", "static/abc/none.css", True, False), ("GET", "static/admin.css", True, False),
        ("GET", "x/static/abc/admin.css", True, False),
    ],
)  # fmt: skip
def test_what_is_open(method: str, below: str, has_login_form: bool, opened: bool) -> None:
    static = {"admin.css": b"", "vendor/x.js": b""}
    assert opens(method, below, has_login_form=has_login_form, static=static) is opened
