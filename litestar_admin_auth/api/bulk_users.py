"""``/api/users/bulk``: one change of many users, by the rules for one (``services/bulk_users.py``)."""

from typing import Any

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from litestar_admin_auth.api.dependencies import Offset, bodies, given
from litestar_admin_auth.api.schemas import BulkChange, BulkOutcome, BulkPreview, ChangeGroup, Skipped, UserChange
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services import bulk
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.bulk_operation import Operation, Selection
from litestar_admin_auth.services.bulk_users import EndSessions, GiveRole, Reactivate, Suspend, TakeRole, preview_roles
from litestar_admin_auth.services.impact import Impact
from litestar_admin_auth.services.lists import ListQuery


class UserBulkController(Controller):
    path = "/users/bulk"
    tags = ["users"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @post(status_code=200, summary="Change many users")
    async def change(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], data: JSONBody[BulkChange]
    ) -> BulkOutcome:
        """Do it to everybody whom the rules allow, at most 10,000, and tell how many that were and who was left.

        Nobody changes themselves or somebody stronger this way, and the last superuser stays. Done in batches: who
        loses the permission half way stops there. Needs `users:read` and what the change needs: `sessions:revoke` to
        end sessions, else `users:write`, and for a role all that it holds.
        """
        operation, selection = _operation(data), _selection(data)
        outcome = await bulk.run(database, actor, operation, selection, fingerprint=data.fingerprint or None)
        return BulkOutcome(outcome.changed, dict(outcome.reasons), outcome.not_reached, outcome.stopped)

    @post("/preview", status_code=200, summary="Preview a change of many users")
    async def preview(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        data: JSONBody[BulkChange],
        offset: Offset = 0,
    ) -> BulkPreview:
        """Tell what it would do, whom it would leave, and why; nothing is changed. Needs `users:read` and what the
        change needs.

        Of those who gain or lose a permission by a role, fifty are named, from `offset` on.
        """
        operation = _operation(data)
        plan = await bulk.plan(database, actor, operation, _selection(data))
        impact = await preview_roles(database, actor, operation, plan, offset=offset) or Impact(offset=offset)
        return BulkPreview(
            selected=plan.selected,
            changed=len(plan.changed),
            skipped=bodies(plan.skipped, Skipped),
            reasons=plan.reasons,
            fingerprint=plan.fingerprint,
            users=bodies(impact.users, UserChange),
            users_total=impact.users_total,
            offset=impact.offset,
            groups=bodies(impact.groups, ChangeGroup),
        )


def _operation(data: BulkChange) -> Operation[Any]:
    if data.action in ("give_role", "take_role"):
        if not data.role:
            raise InvalidInput(_("This field is required."), field="role")
    elif data.role:
        raise InvalidInput(_("This action takes no such field."), field="role")
    if data.action != "give_role":
        for field in ("reason", "expires_at"):
            if getattr(data, field):
                raise InvalidInput(_("This action takes no such field."), field=field)
    match data.action:
        case "suspend":
            return Suspend()
        case "reactivate":
            return Reactivate()
        case "end_sessions":
            return EndSessions()
        case "give_role":
            return GiveRole(data.role, reason=data.reason, expires_at=data.expires_at)
        case "take_role":
            return TakeRole(data.role)


def _selection(data: BulkChange) -> Selection:
    ids, match = given(data.ids), given(data.matching)
    if ids is not None and match is None:
        return Selection(ids=tuple(ids))
    if match is not None and ids is None:
        filters = {"status": match.status, "role": match.role, "ends": match.ends, "last_login": match.last_login}
        return Selection(query=ListQuery(q=match.q, filters=filters))
    # Both or neither is a mistake, and "everybody" must not be what a mistake means.
    raise InvalidInput(_("Give either ids or matching."), field="ids")
