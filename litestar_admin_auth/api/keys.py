"""``/api/auth/jwks.json``: the public keys, so that another service can verify tokens by itself (RFC 7517)."""

from datetime import timedelta
from typing import cast

import msgspec
from litestar import Controller, get
from litestar.datastructures import CacheControlHeader

from litestar_admin_auth.api.dependencies import AnyRequest
from litestar_admin_auth.api.schemas import KeySet
from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.runtime import Runtime, runtime_of

#: For how long others may keep the keys: a new one must be published for that long before it signs.
FRESH_FOR = timedelta(minutes=15)


class KeyController(Controller):
    """Only where the host asked for it, and has keys with a public part."""

    path = "/auth/jwks.json"
    tags = ["auth"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(
        opt={PUBLIC: True},
        media_type="application/jwk-set+json",
        cache_control=CacheControlHeader(public=True, max_age=int(FRESH_FOR.total_seconds())),
        summary="Public keys",
    )
    async def list_keys(self, request: AnyRequest) -> KeySet:
        """Return the public keys that tokens are signed with: the current one, and those that are being replaced."""
        config = cast("JWTAuthBackend", runtime_of(request).backend).config
        return msgspec.convert({"keys": config.keys.public()}, KeySet)


def publishes_keys(runtime: Runtime) -> bool:
    """Tell whether the host wants its public keys published."""
    backend = runtime.backend
    return isinstance(backend, JWTAuthBackend) and backend.config.jwks_endpoint
