"""What right-to-left pages rest on: sheets without left and right, and translations that fence what they quote."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from litestar_admin_auth.core.i18n import LANGUAGES
from litestar_admin_auth.core.paths import static_dir
from scripts.messages import catalogue_path

SHEETS = sorted((static_dir() / "css").rglob("*.css"))

SIDES = r"(?:left|right)"
#: Names and values that mean the same side whichever way people read.
PHYSICAL = re.compile(
    rf"(?:^|[;{{\s])((?:margin|padding|border|inset|scroll-margin|scroll-padding)-{SIDES}[\w-]*|{SIDES}"
    rf"|border-(?:top|bottom)-{SIDES}-radius|(?:text-align|float|clear|transform-origin|background-position)"
    rf"(?=:[^;}}]*\b{SIDES}\b))\s*:"
)
#: Shorthands whose second and fourth value are the right and the left side.
FOUR_SIDES = re.compile(r"(?:^|[;{\s])((?:margin|padding|inset|border-(?:width|style|color)))\s*:\s*([^;}]+)")

#: Placeholders that stand for numbers, which run the same way in every script.
NUMBERS = {"num", "count", "maximum", "minimum", "seconds", "days", "status", "bytes"}
#: What becomes data, or is typed again as it stands: no invisible sign may come along.
BECOMES_DATA = {"Copy of %(name)s", "Type <strong>%(typed)s</strong> to confirm"}
#: What is only heard: a label in every row of a list.
HEARD = {"%(device)s of %(email)s"}
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"


def physical(css: str) -> list[str]:
    """The declarations of a sheet that name left or right."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = [match[1] for match in PHYSICAL.finditer(css)]
    for name, value in FOUR_SIDES.findall(css):
        # The spaces of calc(a + b) and var(--x, y) separate nothing.
        sides = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", value)).replace("!important", "").split()
        values = re.findall(r"(?:[^\s(]|\((?:[^()]|\([^()]*\))*\))+", value)
        if len(sides) == 4 and values[1] != values[3]:
            found.append(f"{name}: {value}")
    return found


@pytest.mark.parametrize(
    "css",
    ["a { margin-left: 1px; }", "a{padding-right:0}", "a { left: 0; }", "a { top: 0; right: auto }",
     "a { float: left; }", "a { text-align: right; }", "a { border-left: 0; }", "a { border-left-color: red; }",
     "a { clear: right }", "a { border-top-left-radius: 1px; }", "a { inset: 1px auto auto 2px; }",
     "a { padding: 1px var(--a) 1px var(--b); }", "a { margin: 0 calc(1px + 2px) 0 3px }",
     "a { background-position: right 1px top 2px; }"],
)  # fmt: skip
def test_the_look_at_sheets_sees_left_and_right(css: str) -> None:
    assert physical(css)


@pytest.mark.parametrize(
    "css",
    ["a { margin-inline-start: 1px; text-align: start; }", "a { inset: auto 0 calc(100% - 1px); }", ".left { top: 0; }",
     "a { padding: 1px calc(1px + 2px) 3px calc(1px + 2px); }", "/* left: 0; */", "a { content: 'on the left'; }"],
)  # fmt: skip
def test_the_look_at_sheets_lets_the_rest_pass(css: str) -> None:
    assert physical(css) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_no_style_sheet_says_left_or_right(sheet: Path) -> None:
    assert physical(sheet.read_text(encoding="utf-8")) == []


def test_there_are_style_sheets_to_look_at() -> None:
    assert len(SHEETS) > 10


def unfenced(form: str) -> list[str]:
    """The placeholders of a translation that no isolate stands round, except numbers."""
    fenced = re.sub(f"{ISOLATE}[^{ISOLATE}{END_OF_ISOLATE}]*{END_OF_ISOLATE}", "", form)
    return [name for name in re.findall(r"%\((\w+)\)s", fenced) if name not in NUMBERS]


def test_an_arabic_translation_fences_what_it_quotes() -> None:
    """Else "2001:db8::1" in an Arabic sentence reads "db8::1:2001", in mails too, where no style sheet helps."""
    assert "ar" in LANGUAGES
    with catalogue_path("ar").open("rb") as source:
        catalogue = [message for message in read_po(source, locale="ar") if message.id]
    for message in catalogue:
        for form in message.string if isinstance(message.string, tuple) else (message.string,):
            assert form.count(ISOLATE) == form.count(END_OF_ISOLATE), form
            if message.id in BECOMES_DATA | HEARD:
                assert ISOLATE not in form
            else:
                assert unfenced(form) == [], form


def test_the_look_at_translations_sees_what_is_not_fenced() -> None:
    assert unfenced("حُذف %(email)s من \u2068%(ip)s\u2069، %(num)s") == ["email"]
