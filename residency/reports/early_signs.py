"""The early-warning signs behind the risk of tipping over, as a section of a page."""

from collections.abc import Sequence

from residency.reports import markdown
from residency.reports.markdown import escape
from residency.resilience.results import PhaseIndicator


def early_signs(indicators: Sequence[PhaseIndicator]) -> str:
    """A heading and a table, one row for each sign; nothing where there are none."""
    if not indicators:
        return ""
    states = {True: "**raised**", False: "quiet", None: "unknown"}
    rows = [
        [
            escape(indicator.name.replace("_", " ")) + (" (advisory)" if indicator.advisory else ""),
            states[indicator.raised],
            escape(indicator.explanation.removeprefix("unknown: ")),
            escape(indicator.threshold),
        ]
        for indicator in indicators
    ]
    table = markdown.table(["Early sign", "State", "What was seen", "Raised when"], rows)
    return f"## Early signs of tipping over\n\n{table}"
