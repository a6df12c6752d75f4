"""Templates compiled once for all admins of a test run, and what each of them expects."""

from collections.abc import Collection
from types import CodeType

from jinja2 import Environment, nodes
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.meta import find_undeclared_variables

from litestar_admin_auth.web.environment import ROOT


class Compiled(BytecodeCache):
    """Keeps the code of templates by name, file and text: one that a test replaces is another."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.known[bucket.key, bucket.checksum] = bucket.code


#: What a template names on those paths alone on which whoever renders it has given it.
GUARDED = {
    "account/sessions.html": {"query"},
    "bulk/question.html": {"left", "skipped"},
    "users/_grant_preview.html": {"give", "user"},
    "users/access.html": {"status"},
    "users/activity.html": {"status"},
    "users/sessions.html": {"query", "status"},
}


class Expected:
    """The variables that a template names, with what it extends and includes, and that are not said to be optional.

    Whatever path a page takes through the template, because of its data: the first to take another must not be a user.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._of: dict[str, frozenset[str]] = {}

    def missing(self, name: str, given: Collection[str]) -> set[str]:
        """Return what one of the admin's templates needs besides what it is given."""
        return {*self.of(f"{ROOT}/{name}")} - {*given} - GUARDED.get(name, set()) - {"ui"}

    def of(self, name: str) -> frozenset[str]:
        if name not in self._of:
            loader = self._environment.loader
            assert loader is not None
            tree = self._environment.parse(loader.get_source(self._environment, name)[0])
            self._of[name] = self._expected(tree)
        return self._of[name]

    def _expected(self, tree: nodes.Template) -> frozenset[str]:
        expected = find_undeclared_variables(tree)
        for other in tree.find_all((nodes.Extends, nodes.Include)):
            if isinstance(other.template, nodes.Const):
                expected |= self.of(other.template.value)
        made = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
        made |= {node.name for node in tree.find_all(nodes.Macro)}
        asked = [*tree.find_all(nodes.Filter), *tree.find_all(nodes.Test)]
        optional = {
            node.node.name
            for node in asked
            if node.name in ("default", "defined") and isinstance(node.node, nodes.Name)
        }
        return frozenset(expected - made - optional - self._environment.globals.keys())
