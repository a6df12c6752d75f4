"""How the style sheets become one file, and how it is served."""

import re

from litestar_admin_auth.core.paths import static_dir
from litestar_admin_auth.web.static_files import join_style_sheets, put_constants, tighten


class TestTighten:
    def test_keeps_the_space_that_makes_a_descendant(self) -> None:
        assert tighten(".table :is(th, td) { margin: 0 1px; }") == ".table :is(th,td){margin:0 1px}\n"

    def test_keeps_the_spaces_that_calc_needs(self) -> None:
        assert tighten("a { inset: calc(100% - 2rem) auto; }") == "a{inset:calc(100% - 2rem) auto}\n"

    def test_says_width_for_inline_size_and_leaves_other_logical_properties(self) -> None:
        assert (
            tighten("a { min-inline-size: 0; margin-inline-start: 1px; }") == "a{min-width:0;margin-inline-start:1px}\n"
        )

    def test_says_top_and_bottom_for_the_edges_of_a_block(self) -> None:
        assert tighten("a { inset-block-start: 0; border-block-end-color: red; padding-block: 1px; }") == (
            "a{top:0;border-bottom-color:red;padding-block:1px}\n"
        )
        assert tighten("a { margin-block-start: 0; border-start-start-radius: 0; }") == (
            "a{margin-top:0;border-start-start-radius:0}\n"
        )


class TestPutConstants:
    def test_writes_a_constant_out_and_leaves_what_a_host_may_set(self) -> None:
        assert put_constants("a{gap:var(--s1);color:var(--ink)}", ":root { --s1: .25rem; }") == (
            "a{gap:.25rem;color:var(--ink)}"
        )


class TestJoinStyleSheets:
    def test_uses_no_property_that_is_nowhere_declared(self) -> None:
        css = join_style_sheets(static_dir() / "css")
        declared = set(re.findall(r"(--[\w-]+):", css))
        used = set(re.findall(r"var\((--[\w-]+)\)", css))
        assert used - declared == set()

    def test_puts_every_rule_into_a_layer_so_that_a_hosts_sheet_wins(self) -> None:
        css = join_style_sheets(static_dir() / "css")
        depth, outside = 0, ""
        for sign in css:
            depth += (sign == "{") - (sign == "}")
            outside += sign if depth == 0 and sign != "}" else ""
        assert set(re.findall(r"@layer [\w,]+;?", outside)) == {
            "@layer reset,tokens,base,layout,components,utilities;",
            *(f"@layer {name}" for name in ("reset", "tokens", "base", "layout", "components", "utilities")),
        }
        assert re.sub(r"@layer [\w,]+;?", "", outside).strip() == ""
