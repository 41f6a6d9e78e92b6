"""Draw lines and bars into an SVG: enough for a page, and no package to install for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from math import ceil, floor, log10
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 56, 48
_COLOURS = ("#0b5fa5", "#c4501b", "#2f7d32", "#6a3d9a")
_STEPS = 5
_BARS, _BAR, _GAP, _LETTER = 320, 14, 4, 6.2


@dataclass(frozen=True)
class Line:
    """One line of a panel.

    Attributes:
        name: Stands in the legend.
        points: x and y, by growing x.
    """

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One chart; both axes begin at zero.

    Attributes:
        title: Stands above it.
        across: What x is.
        up: What y is.
        lines: What is drawn.
    """

    title: str
    across: str
    up: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Bars:
    """Some figures of one unit, beside each other.

    Attributes:
        unit: Stands above them.
        bars: Names and figures, from the top down.
    """

    unit: str
    bars: Sequence[tuple[str, float]]


def drawing(panels: Sequence[Panel]) -> str:
    """Return an SVG with the panels side by side."""
    body = [_panel(panel, at * _WIDTH) for at, panel in enumerate(panels)]
    return _svg(_WIDTH * len(panels), _HEIGHT, body)


def bar_chart(title: str, groups: Sequence[Bars]) -> str:
    """Return an SVG with the groups below each other; each has a scale of its own."""
    body, top = [_text(12, 20, title, "start")], 44.0
    longest = max((len(name) for group in groups for name, _ in group.bars), default=0)
    left = 24 + longest * _LETTER
    for group in groups:
        body.append(_text(left, top, group.unit, "start"))
        largest = ticks(max(value for _, value in group.bars))[-1] or 1.0
        for name, value in group.bars:
            top += _BAR + _GAP
            width = _BARS * value / largest
            place = f'x="{left:.1f}" y="{top - _BAR:.1f}" width="{width:.1f}" height="{_BAR}"'
            body += [
                f'<rect {place} fill="{_COLOURS[0]}"/>',
                _text(left - 6, top - 3, name, "end"),
                _text(left + width + 6, top - 3, f"{value:,.4g}", "start"),
            ]
        top += 2 * _BAR
    return _svg(ceil(left + _BARS + 80), ceil(top), body)


def _svg(width: int, height: int, body: Sequence[str]) -> str:
    """Return the parts as one picture, on white so that it can be read anywhere."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">'
    )
    white = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join([head, white, *body, "</svg>", ""])


def ticks(largest: float) -> list[float]:
    """Return round numbers from zero on, the last one not below the largest."""
    rough = max(largest, 1e-9) / _STEPS
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [number * step for number in range(ceil(largest / step - 1e-9) + 1)]


def _panel(panel: Panel, left: float) -> str:
    points = [point for line in panel.lines for point in line.points]
    across, up = (ticks(max(point[axis] for point in points)) for axis in (0, 1))

    def place(x: float, y: float) -> tuple[float, float]:
        right = _LEFT + (_WIDTH - _LEFT - _RIGHT) * x / across[-1]
        return right, _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y / up[-1]

    parts = [_text(_LEFT, 18, panel.title, "start")]
    for tick in up:
        (x1, y), (x2, _) = place(0, tick), place(across[-1], tick)
        parts += [_stroke((x1, y), (x2, y), "#dddddd"), _text(x1 - 6, y + 4, f"{tick:g}", "end")]
    for tick in across:
        x, y = place(tick, 0)
        parts += [_stroke((x, y), (x, y + 4), "#888888"), _text(x, y + 16, f"{tick:g}", "middle")]
    middle, bottom = (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10
    parts += [_text(middle, bottom, panel.across, "middle"), _text(8, _TOP - 8, panel.up, "start")]
    for at, line, colour in zip(count(), panel.lines, _COLOURS, strict=False):
        parts += _line([place(*point) for point in line.points], colour)
        parts.append(_text(_LEFT + 8, _TOP + 10 + 14 * at, line.name, "start", fill=colour))
    return f'<g transform="translate({left} 0)">\n' + "\n".join(parts) + "\n</g>"


def _line(points: Sequence[tuple[float, float]], colour: str) -> Iterator[str]:
    for before, after in pairwise(points):
        yield _stroke(before, after, colour, 2)
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def _stroke(
    begin: tuple[float, float], end: tuple[float, float], colour: str, width: float = 1
) -> str:
    (x1, y1), (x2, y2) = begin, end
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"/>'


def _text(x: float, y: float, words: str, anchor: str, *, fill: str = "#222222") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{fill}">{escape(words)}</text>'
