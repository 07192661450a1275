"""Colours that are seen on white and on near-black: ink and paper follow the theme, others hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from claimbook.figures.palette import INK, OUTCOME_COLOURS, PALETTE, PAPER

DARK_PAPER = "#14181f"
ENOUGH = 3.0  # what WCAG asks of graphics
_THEMED = {colour.lower() for colour in (*PALETTE, *OUTCOME_COLOURS.values(), INK, PAPER)}
_RGB = re.compile(r"rgb\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_GREY = {"black": "#000000", "white": "#ffffff"}
Light = tuple[int, ...]  # red, green and blue


def themed(value: Any, key: str = "") -> Any:
    """Return part of a figure with black written as the theme's ink, and white as its paper."""
    if isinstance(value, Mapping):
        return {name: themed(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [themed(one, key) for one in value]
    if not (isinstance(value, str) and key.endswith("color")):
        return value
    light = _read(value)
    if light is None or max(light) - min(light) > 2:
        return value
    return INK if max(light) < 0x30 else PAPER if min(light) > 0xFA else value


def faint(drawn: Mapping[str, Any]) -> list[str]:
    """Return the colours of a chart's traces that white or near-black paper would swallow."""
    told = dict.fromkeys(_colours(drawn.get("data", ())))
    return [one for one in told if one.lower() not in _THEMED and not _holds(one)]


def _colours(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _colours(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _colours(one, key)
    elif isinstance(value, str) and key == "color":
        yield value


def _holds(colour: str) -> bool:
    light = _read(colour)
    return light is None or all(
        _contrast(light, paper) >= ENOUGH for paper in map(_read, (PAPER, DARK_PAPER)) if paper
    )


def _read(colour: str) -> Light | None:
    """Read a colour; None where it is another name, or not opaque."""
    text = colour.lower().strip()
    text = _GREY.get(text, text)
    if re.fullmatch(r"#([0-9a-f]{3}){1,2}", text):
        digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
        return tuple(bytes.fromhex(digits))
    found = _RGB.fullmatch(text)
    return tuple(map(int, found.groups())) if found else None


def _contrast(one: Light, other: Light) -> float:
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(light: Light) -> float:
    """The relative luminance of WCAG 2."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (one / 255 for one in light)
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
