"""Static files: read once at start, served from memory under a digest of their content.

The style sheets of ``static/css`` are joined into one ``admin.css``, wrapped in the cascade layers that their places
name, so that a page asks for one file and a host's own unlayered rules always win. A URL carries the
digest of all files, and answers ``immutable`` for the current one. Another digest still answers, with ``no-cache``:
during a rolling deploy, pages of the previous version keep their styles.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from litestar_admin_auth.core.appearance import OwnFile

CSS_LAYERS = ("reset", "tokens", "base", "layout", "components", "utilities")

OUR_SCRIPTS = ("admin.js", "matrix.js")

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
PLAIN_TEXT = "text/plain; charset=utf-8"
CURRENT = "public, max-age=31536000, immutable"
OUTDATED = "no-cache"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file in memory: its bytes, the same compressed, and what to say about them."""

    content: bytes
    compressed: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All static files of the admin, by name (``admin.css``, ``vendor/htmx/htmx.min.js``)."""

    files: Mapping[str, StaticFile]
    digest: str

    @classmethod
    def load(cls, folder: Path, *, own: Sequence[OwnFile] = (), rules: str = "") -> "StaticFiles":
        """Read every file below ``folder``.

        Args:
            folder: Where ours lie.
            own: Files of the host's, served among them.
            rules: What is added to our style sheet.

        Raises:
            FileNotFoundError: When the folder is missing: an admin without styles is a broken build.
        """
        if not folder.is_dir():
            raise FileNotFoundError(f"no static files at {folder}")
        css = folder / "css"
        contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and css not in path.parents
        }
        contents["admin.css"] = (join_style_sheets(css) + rules).encode()
        for name in OUR_SCRIPTS:
            contents[name] = without_comments(contents[name].decode()).encode()
        contents |= {file.name: file.content for file in own}
        whole = hashlib.sha256()
        for name, content in sorted(contents.items()):
            whole.update(f"{name}\0{len(content)}\0".encode())
            whole.update(content)
        files = {name: read_file(name, content) for name, content in contents.items()}
        return cls(files=files, digest=whole.hexdigest()[:8])

    def path(self, name: str) -> str:
        """Where a file is below the admin path; raises ``KeyError`` for no such name, so that a typo cannot ship."""
        if name not in self.files:
            raise KeyError(f"no static file named {name!r}")
        return f"/static/{self.digest}/{name}"

    @property
    def symbols(self) -> set[str]:
        """The names of the symbols in ``icons.svg``."""
        return set(re.findall(r'<symbol id="([\w-]+)"', self.files["icons.svg"].content.decode()))

    def respond(
        self, name: str, digest: str, accept_encoding: str = "", if_none_match: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for one file.

        A name is only ever looked up in the dict: there is no path to climb out of.
        """
        file = self.files.get(name)
        if file is None:
            return 404, {"content-type": PLAIN_TEXT, "cache-control": OUTDATED}, b"Not found"
        headers = {
            "content-type": file.content_type,
            "cache-control": CURRENT if digest == self.digest else OUTDATED,
            "etag": file.etag,
            "vary": "Accept-Encoding",
        }
        if file.etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
            return 304, headers, b""
        if accepts_gzip(accept_encoding) and len(file.compressed) < len(file.content):
            # Weak, because one tag names both encodings of the same content.
            return 200, headers | {"content-encoding": "gzip", "etag": f"W/{file.etag}"}, file.compressed
        return 200, headers, file.content


def read_file(name: str, content: bytes) -> StaticFile:
    """Prepare one file: compressed once, at start, with a fixed time so that equal content gives equal bytes."""
    return StaticFile(
        content=content,
        compressed=gzip.compress(content, compresslevel=9, mtime=0),
        content_type=CONTENT_TYPES.get(Path(name).suffix, PLAIN_TEXT),
        etag=f'"{hashlib.sha256(content).hexdigest()[:24]}"',
    )


def join_style_sheets(folder: Path) -> str:
    """All style sheets as one text: ``base.css`` in the layer base, ``components/*.css`` in the layer components."""
    parts = [f"@layer {', '.join(CSS_LAYERS)};"]
    for layer in CSS_LAYERS:
        nested = sorted((folder / layer).glob("*.css"))
        files = [path for path in [folder / f"{layer}.css"] if path.exists()] + nested
        sheets = "\n".join(path.read_text(encoding="utf-8") for path in files)
        parts.append(f"@layer {layer} {{{sheets}}}")
    constants = folder / "constants.css"
    return put_constants(tighten("\n".join(parts)), constants.read_text(encoding="utf-8"))


def put_constants(css: str, constants: str) -> str:
    """Write each custom property of ``constants`` out where it is used: nobody sets these, and a page is lighter."""
    for name, value in re.findall(r"(--[\w-]+): ([^;]+);", constants):
        css = css.replace(f"var({name})", value)
    return css


def tighten(css: str) -> str:
    """Take comments, needless space and long names out of our own style sheets, whose strings hold none of these.

    The space before a colon stays: ``td :is(a)`` is not ``td:is(a)``. Our pages are never written from top to bottom,
    and in lines, whichever way they run, ``inline-size`` is the width and ``block-start`` the top.
    """
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>~/]|<=|!important) ?", r"\1", css).replace("@media (", "@media(")
    css = re.sub(r'="([a-z]+)"\]', r"=\1]", css)
    # The names of properties alone: "container-type: inline-size" stays.
    css = css.replace("inline-size:", "width:").replace("block-size:", "height:")
    css = re.sub(r"(?:inset-|(border-|margin-|padding-))block-(start|end)", _edge, css)
    return css.replace(": ", ":").replace(";}", "}").strip() + "\n"


def _edge(name: re.Match[str]) -> str:
    return (name[1] or "") + ("top" if name[2] == "start" else "bottom")


def without_comments(script: str) -> str:
    """Take lines of comment and indentation out of our own script, in which no text runs over several lines."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip; ``gzip;q=0`` refuses it."""
    for item in accept_encoding.lower().split(","):
        coding, _, parameters = item.partition(";")
        if coding.strip() in ("gzip", "*"):
            quality = parameters.replace(" ", "").removeprefix("q=")
            return not quality or quality.strip("0.") != ""
    return False


def static_files_handler(static: StaticFiles, opt: Mapping[str, Any] | None = None) -> HTTPRouteHandler:
    """The route ``/static/{digest}/{name}``; ``opt`` marks it as public for the middleware that closes all others."""
    methods: Sequence[HttpMethod] = (HttpMethod.GET, HttpMethod.HEAD)

    @route("/static/{digest:str}/{name:path}", http_method=methods, opt=dict(opt or {}), name="admin_static")
    async def serve(request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        status, headers, body = static.respond(
            name.removeprefix("/"),
            digest,
            request.headers.get("accept-encoding", ""),
            request.headers.get("if-none-match", ""),
        )
        if request.method == "HEAD":
            headers, body = headers | {"content-length": str(len(body))}, b""
        return Response(body, status_code=status, headers=headers, media_type=headers["content-type"])

    return serve
