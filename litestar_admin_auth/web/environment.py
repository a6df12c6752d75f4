"""Templates: a Jinja environment of our own, where a host's come first, and whole pages or one block of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.ext import Extension

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.paths import templates_dir
from litestar_admin_auth.web import filters

ROOT = "admin_auth"
TEMPLATE_SUFFIXES = (".html", ".txt", ".jinja", ".j2")
#: The files whose macros templates use as ``ui.<macro>``, in pages and in single blocks, without an import.
MACRO_FILES = ("header", "forms", "table", "badges", "feedback", "impact")


class Templates:
    """The templates of one admin.

    They are looked for in the host's folders, then in the host's own Jinja loader, then in the shipped ones. A template
    of the host may extend the one it replaces: ``{% extends "!default/admin_auth/login/login.html" %}``.

    Args:
        folders: Folders of the host, each with an ``admin_auth`` folder.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        shipped = FileSystemLoader(templates_dir())
        self._host = OnlyBelow(ROOT)
        self._folders = [Path(folder) for folder in folders]
        theirs: list[BaseLoader] = [*(FileSystemLoader(folder) for folder in folders), self._host]
        self.environment = build_environment(
            ChoiceLoader([*theirs, shipped, PrefixLoader({"!default": shipped})]),
        )
        self._shipped = build_environment(ChoiceLoader([shipped, PrefixLoader({"!default": shipped})]))

    def use_host_loader(self, loader: BaseLoader | None) -> None:
        """Take templates from the host's own Jinja engine too; only its ``admin_auth/*`` is ever looked at."""
        self._host.loader = loader

    def check(self) -> None:
        """Read every template of the host below ``admin_auth/``, so that a slip of the pen shows at the start.

        Raises:
            ConfigError: ``AA050``, with file and line.
        """
        loader = cast("BaseLoader", self.environment.loader)
        names = {
            path.relative_to(folder).as_posix() for folder in self._folders for path in folder.glob(f"{ROOT}/**/*")
        }
        for name in sorted(names | set(self._host.list_templates())):
            # Other files lie beside templates, and pictures are no text.
            if not name.endswith(TEMPLATE_SUFFIXES):
                continue
            try:
                self.environment.parse(loader.get_source(self.environment, name)[0], name)
            except (TemplateSyntaxError, UnicodeDecodeError) as error:
                line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
                raise ConfigError("AA050", f"The template {name}{line}: {error}", hint="Repair it.") from error

    def html(self, name: str, context: Mapping[str, Any], block: str | None = None, *, shipped: bool = False) -> str:
        """Render a template below ``admin_auth/``, or one block of it.

        Args:
            name: Such as ``"users/index.html"``.
            context: Its variables.
            block: The block, or None for all.
            shipped: Whether to leave the host's templates out.
        """
        environment = self._shipped if shipped else self.environment
        template = environment.get_template(f"{ROOT}/{name}")
        variables = dict(context)
        ui = variables["ui"] = SimpleNamespace()
        for file in MACRO_FILES:
            module = environment.get_template(f"{ROOT}/shared/{file}.html").make_module(variables)
            for macro in (key for key in vars(module) if not key.startswith("_")):
                setattr(ui, macro, getattr(module, macro))
        return template.render(variables) if block is None else _block(environment, template, variables, block)


def _block(environment: Environment, template: Template, variables: dict[str, Any], block: str) -> str:
    context = template.new_context(variables)
    # The block may stand in a template that this one extends: a host's override need not repeat it.
    parent = _parent(environment, template)
    while parent is not None:
        for name, render_block in parent.blocks.items():
            context.blocks.setdefault(name, []).append(render_block)
        parent = _parent(environment, parent)
    return "".join(context.blocks[block][0](context))


def _parent(environment: Environment, template: Template) -> Template | None:
    loader = cast("BaseLoader", environment.loader)
    source = loader.get_source(environment, cast("str", template.name))[0]
    extends = environment.parse(source).find(nodes.Extends)
    if extends is None or not isinstance(extends.template, nodes.Const):
        return None
    return environment.get_template(extends.template.value)


def build_environment(loader: BaseLoader) -> Environment:
    """Our own environment; the host's template engine is never touched."""
    environment = Environment(
        loader=loader,
        autoescape=True,  # for every name: a template without a suffix is no door for scripts
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", Unindented],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install = cast("Any", environment).install_gettext_callables
    install(i18n.gettext, i18n.ngettext, newstyle=True)
    environment.filters.update(
        datetime=filters.date_time,
        relative=filters.relative,
        initials=filters.initials,
        device=filters.device,
        device_icon=filters.device_icon,
        device_header=filters.device_header,
    )
    return environment


class Unindented(Extension):
    """Takes the indentation out of templates: spaces are a tenth of a page. Lines keep their numbers."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return "\n".join(line.lstrip(" ") for line in source.split("\n"))


class OnlyBelow(BaseLoader):
    """Answers only for one folder of another loader, or for nothing while there is none."""

    def __init__(self, folder: str, loader: BaseLoader | None = None) -> None:
        self.folder, self.loader = folder + "/", loader

    def get_source(self, environment: Environment, template: str) -> Any:
        if self.loader is None or not template.startswith(self.folder):
            raise TemplateNotFound(template)
        return self.loader.get_source(environment, template)

    def list_templates(self) -> list[str]:
        """Names below the folder; none for a loader that cannot list its own."""
        try:
            names = self.loader.list_templates() if self.loader is not None else []
        except TypeError:
            names = []
        return [name for name in names if name.startswith(self.folder)]
