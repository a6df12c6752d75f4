"""Colours: from one accent of the host's, the shades that can be read on light and on dark ground.

Lightness is moved in OKLab (Björn Ottosson, 2020), whose steps look even, and contrast is measured as in WCAG 2.2.
"""

from dataclasses import dataclass
from math import cos, radians, sin

RGB = tuple[float, float, float]
Lab = tuple[float, float, float]

#: WCAG 2.2, 1.4.3: the contrast of text with its ground.
READABLE = 4.5
STEP = 0.005

#: The grounds of ``static/css/tokens.css`` as (lightness, chroma, hue): surface, page and sunken.
LIGHT_GROUNDS = ((1.0, 0.0, 0.0), (0.976, 0.003, 230.0), (0.972, 0.003, 230.0))
DARK_GROUNDS = ((0.205, 0.009, 240.0), (0.165, 0.008, 240.0), (0.235, 0.01, 240.0))
#: How much of the accent its own tinted ground holds at most: the circle with somebody's initials.
WASH = 0.12

WHITE: RGB = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Accent:
    """The accent as ``#rrggbb`` on light and on dark ground, and what is written on it."""

    light: str
    dark: str
    on_light: str
    on_dark: str


def parse(text: str) -> RGB:
    """Read ``#rgb`` or ``#rrggbb``; raises ``ValueError`` for anything else."""
    digits = text.removeprefix("#")
    if not text.startswith("#") or len(digits) not in (3, 6) or not all(c in "0123456789abcdefABCDEF" for c in digits):
        raise ValueError(text)
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def accent(text: str) -> Accent:
    """Return the shades of an accent that are nearest to it and readable; raises ``ValueError`` as :func:`parse`."""
    lightness, a, b = to_lab(parse(text))
    # Both ends of the scale are readable: black on white, white on black.
    light = lightness
    while light > 0 and not _readable(light, a, b, LIGHT_GROUNDS):
        light -= STEP
    dark = lightness
    while dark < 1 and not _readable(dark, a, b, DARK_GROUNDS):
        dark += STEP
    ink = from_lab((0.19, _scaled(a, 0.03, a, b), _scaled(b, 0.03, a, b)))
    return Accent(
        light=to_hex(from_lab((light, a, b))), dark=to_hex(from_lab((dark, a, b))),
        on_light=to_hex(WHITE), on_dark=to_hex(ink),
    )  # fmt: skip


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(lightness: float, a: float, b: float, grounds: tuple[tuple[float, float, float], ...]) -> bool:
    shade = parse(to_hex(from_lab((lightness, a, b))))
    plain = [from_polar(*ground) for ground in grounds]
    return all(contrast(shade, ground) >= READABLE for ground in [*plain, mix(shade, plain[0], WASH)])


def mix(colour: RGB, ground: RGB, share: float) -> RGB:
    """Return what ``color-mix(in oklab, colour share, ground)`` makes."""
    pairs = zip(to_lab(colour), to_lab(ground), strict=True)
    lightness, a, b = (one * share + other * (1 - share) for one, other in pairs)
    return from_lab((lightness, a, b))


def from_polar(lightness: float, chroma: float, hue: float) -> RGB:
    """Return ``oklch(lightness chroma hue)``, the hue in degrees."""
    return from_lab((lightness, chroma * cos(radians(hue)), chroma * sin(radians(hue))))


def to_hex(colour: RGB) -> str:
    """Write a colour as ``#rrggbb``."""
    return "#" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in colour)


def to_lab(colour: RGB) -> Lab:
    """Return a colour in OKLab."""
    red, green, blue = (_linear(part) for part in colour)
    long = _root(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = _root(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = _root(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def from_lab(lab: Lab) -> RGB:
    """Return a colour of OKLab that screens can show: what is too colourful for its lightness is toned down."""
    lightness, a, b = lab
    for _ in range(100):
        colour = _plain_from_lab((lightness, a, b))
        if all(-0.0005 <= part <= 1.0005 for part in colour):
            break
        a, b = a * 0.95, b * 0.95
    red, green, blue = (min(1.0, max(0.0, part)) for part in _plain_from_lab((lightness, a, b)))
    return red, green, blue


def _plain_from_lab(lab: Lab) -> RGB:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )


def _scaled(part: float, chroma: float, a: float, b: float) -> float:
    length = (a * a + b * b) ** 0.5
    return part * min(1.0, chroma / length) if length else 0.0


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(part) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _root(value: float) -> float:
    return value ** (1 / 3) if value >= 0 else -((-value) ** (1 / 3))
