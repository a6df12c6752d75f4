"""The shades of an accent."""

import random
import re

import pytest

from litestar_admin_auth.core import colour
from litestar_admin_auth.core.colour import DARK_GROUNDS, LIGHT_GROUNDS, accent, contrast, from_polar, parse, to_hex
from litestar_admin_auth.core.paths import static_dir

CHOSEN = ["#000", "#fff", "#ffff00", "#0000ff", "#ff0000", "#00ff00", "#7c3aed", "#808080", "#0b7285", "#FFA500"]
DRAWN = [f"#{random.Random(seed).randrange(1 << 24):06x}" for seed in range(60)]


class TestContrast:
    def test_is_what_wcag_says(self) -> None:
        assert contrast(parse("#000"), parse("#fff")) == pytest.approx(21)
        assert contrast(parse("#777"), parse("#fff")) == pytest.approx(4.48, abs=0.01)


class TestAccent:
    @pytest.mark.parametrize("given", [*CHOSEN, *DRAWN])
    def test_can_be_read_on_every_ground_and_written_on(self, given: str) -> None:
        shades = accent(given)
        for shade, on, grounds in (
            (shades.light, shades.on_light, LIGHT_GROUNDS),
            (shades.dark, shades.on_dark, DARK_GROUNDS),
        ):
            text = parse(shade)
            assert contrast(text, parse(on)) >= 4.5
            plain = [from_polar(*ground) for ground in grounds]
            for ground in [*plain, colour.mix(text, plain[0], 0.12)]:
                assert contrast(text, ground) >= 4.5

    def test_stays_as_given_where_it_can_be_read(self) -> None:
        assert accent("#7c3aed").light == "#7c3aed"
        assert accent("#ffff00").dark == "#ffff00"

    @pytest.mark.parametrize(
        "given", ["#", "7c3aed", "#7c3ae", "#7c3aedff", "red", "#ggg", "#12 456", "#\uff11\uff12\uff13"]
    )
    def test_refuses_what_is_no_colour(self, given: str) -> None:
        with pytest.raises(ValueError, match=re.escape(given)):
            accent(given)


class TestGrounds:
    """The grounds that are computed with are those of the style sheet."""

    @pytest.mark.parametrize(("name", "at"), [("surface", 0), ("page", 1), ("sunken", 2)])
    def test_are_those_of_the_style_sheet(self, name: str, at: int) -> None:
        tokens = (static_dir() / "css" / "tokens.css").read_text(encoding="utf-8")
        found = re.search(rf"--{name}: light-dark\((#fff|oklch\([^)]*\)), (oklch\([^)]*\))\);", tokens)
        assert found
        for written, ground in zip(found.groups(), (LIGHT_GROUNDS[at], DARK_GROUNDS[at]), strict=True):
            if written == "#fff":
                assert to_hex(from_polar(*ground)) == "#ffffff"
                continue
            lightness, chroma, hue = re.findall(r"[\d.]+", written)
            assert (float(lightness) / 100, float(chroma), float(hue)) == pytest.approx(ground)
