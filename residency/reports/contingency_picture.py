"""The heat map of pair losses: the most affected people against each other, single losses on the diagonal."""

from collections.abc import Sequence
from dataclasses import dataclass

from residency.reports import svg
from residency.reports.verdicts import left_undone
from residency.resilience.results import ContingencyReport

PEOPLE_SHOWN = 20

_CLASSES = (
    (16, "#7f1020", "16 or more"),
    (8, "#b3261e", "8 to 15"),
    (4, "#e0552d", "4 to 7"),
    (2, "#f49b4c", "2 to 3"),
    (1, "#fbd38d", "1"),
    (0, "#edf1f5", "0, can be replaced"),
)
"""Least number of half-days, colour and words of each class, worst first."""

_INVERSE_FROM = 4  # from this number on the cell is dark and its number white
_RING = "#1d4ed8"
_DIAGONAL = "#111827"
_LEFT, _TOP = 24, 150
_LARGEST_CELL = 54
_LABEL_ROOM = 150
_LINE = 26
_BESIDE_UP_TO = 10  # people; above this the empty triangle has room for the legend


@dataclass(frozen=True, slots=True)
class LossMatrix:
    """Half-days of work that nobody can cover: ``singles[i]`` alone, ``pairs[i, j]`` with i < j together."""

    people: tuple[str, ...]
    singles: tuple[int, ...]
    pairs: dict[tuple[int, int], int]
    joint_only: frozenset[tuple[int, int]]
    left_out: int
    """People with such a pair who are not among ``people``."""


def loss_matrix(report: ContingencyReport) -> LossMatrix | None:
    """The up to 20 people whose pair losses leave most undone, or None when no pair leaves anything.

    A person's weight is what their own loss leaves plus what each pair leaves beyond its two single losses.
    Only people of analysed pairs take part.
    """
    alone = {loss.person: left_undone(loss) for loss in report.n1}
    together = {(pair.a, pair.b): left_undone(pair) for pair in report.n2.fatal}
    weight = {person: alone.get(person, 0) for pair in together for person in pair}
    for (a, b), undone in together.items():
        extra = max(0, undone - alone.get(a, 0) - alone.get(b, 0))
        weight[a] += extra
        weight[b] += extra
    if not weight:
        return None
    people = tuple(sorted(weight, key=lambda person: (-weight[person], person))[:PEOPLE_SHOWN])
    place = {person: row for row, person in enumerate(people)}
    joint = {frozenset((pair.a, pair.b)) for pair in report.joint_only_pairs}
    shown = {
        (min(place[a], place[b]), max(place[a], place[b])): undone
        for (a, b), undone in together.items()
        if a in place and b in place
    }
    return LossMatrix(
        people=people,
        singles=tuple(alone.get(person, 0) for person in people),
        pairs=shown,
        joint_only=frozenset(cell for cell in shown if frozenset(people[i] for i in cell) in joint),
        left_out=len(weight) - len(people),
    )


def contingency_picture(matrix: LossMatrix) -> str:
    """The matrix as SVG: columns and rows are people, the triangle their pairs, the diagonal each alone."""
    count = len(matrix.people)
    cell = min(_LARGEST_CELL, (svg.WIDTH - _LEFT - _LABEL_ROOM) / count)
    bottom = _TOP + count * cell
    shapes = [
        svg.text(_LEFT, 34, "Half-days of work left uncovered when two people are away", size=19, bold=True),
        *_labels(matrix, cell),
        *_cells(matrix, cell),
    ]
    height = _legend_height(matrix)
    if count > _BESIDE_UP_TO:
        shapes += _legend(matrix, _LEFT, bottom - height)
    else:
        shapes += _legend(matrix, _LEFT + count * cell + _LABEL_ROOM, _TOP)
        bottom = max(bottom, _TOP + height)
    return svg.document(bottom + 24, "Losses of pairs of people", shapes)


def _labels(matrix: LossMatrix, cell: float) -> list[str]:
    """Each person's label above the column and at the right end of the row."""
    right = _LEFT + len(matrix.people) * cell + 8
    shapes: list[str] = []
    for place, person in enumerate(matrix.people):
        middle = _LEFT + (place + 0.5) * cell
        label = svg.shorten(person, _LABEL_ROOM - 30, 15)
        shapes.append(svg.text(middle + 5, _TOP - 8, label, turned=-50))
        shapes.append(svg.text(right, _TOP + (place + 0.5) * cell + 5, label))
    return shapes


def _cells(matrix: LossMatrix, cell: float) -> list[str]:
    shapes: list[str] = []
    for row, single in enumerate(matrix.singles):
        for column in range(row, len(matrix.people)):
            undone = single if row == column else matrix.pairs.get((row, column), 0)
            x, y = _LEFT + column * cell, _TOP + row * cell
            shapes.append(_cell(x, y, cell, undone, on_diagonal=row == column))
            if (row, column) in matrix.joint_only:
                shapes.append(svg.ring(x + cell / 2, y + cell / 2, cell / 2 - 4, _RING))
            if undone:
                ink = "#ffffff" if undone >= _INVERSE_FROM else svg.INK
                middle = x + cell / 2
                size = 16 if undone < 100 else 13
                shapes.append(
                    svg.text(middle, y + cell / 2 + 5.5, str(undone), size=size, fill=ink, anchor="middle")
                )
    return shapes


def _cell(x: float, y: float, cell: float, undone: int, *, on_diagonal: bool) -> str:
    fill = next(colour for least, colour, _ in _CLASSES if undone >= least)
    if on_diagonal:
        edge = f'stroke="{_DIAGONAL}" stroke-width="2"'
        return svg.rect(x + 2.5, y + 2.5, cell - 5, cell - 5, fill, radius=3, extra=edge)
    return svg.rect(x + 1.5, y + 1.5, cell - 3, cell - 3, fill, radius=3)


def _classes_shown(matrix: LossMatrix) -> Sequence[tuple[int, str, str]]:
    highest = max([*matrix.singles, *matrix.pairs.values()])
    return [entry for entry in _CLASSES if entry[0] <= highest]


def _legend_height(matrix: LossMatrix) -> float:
    lines = 2 + len(_classes_shown(matrix)) + bool(matrix.joint_only) + bool(matrix.left_out)
    return _LINE * lines


def _legend(matrix: LossMatrix, x: float, y: float) -> list[str]:
    """What the colours, the thick frame and the ring mean, top left at (x, y)."""
    shapes = [svg.text(x, y + 15, "Half-days left uncovered", bold=True)]
    y += _LINE
    for _, colour, label in _classes_shown(matrix):
        shapes += [svg.rect(x, y, 20, 20, colour, radius=3), svg.text(x + 30, y + 15, label)]
        y += _LINE
    edge = f'stroke="{_DIAGONAL}" stroke-width="2"'
    shapes.append(svg.rect(x + 1, y + 1, 18, 18, svg.PAPER, radius=3, extra=edge))
    shapes.append(svg.text(x + 30, y + 15, "diagonal: that person alone"))
    if matrix.joint_only:
        y += _LINE
        shapes += [svg.ring(x + 10, y + 10, 8, _RING), svg.text(x + 30, y + 15, "each alone is harmless")]
    if matrix.left_out:
        y += _LINE
        left = f"{matrix.left_out} less affected people not shown"
        shapes.append(svg.text(x, y + 15, left, fill=svg.MUTED))
    return shapes
