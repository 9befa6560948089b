"""The files of a compliance report, each with its checksum: PDF, workbook and JSON of one content."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from residency.reports.compliance_body import ComplianceBody
from residency.reports.compliance_pdf import render_pdf
from residency.reports.compliance_workbook import render_workbook

FileFormat = Literal["pdf", "xlsx", "json"]


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file; ``sha256`` in lower-case hexadecimal digits."""

    format: FileFormat
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Checksum of the content."""
        return hashlib.sha256(self.content).hexdigest()


def render_json(body: ComplianceBody) -> bytes:
    """The content itself: UTF-8, keys sorted, no needless space, one line end."""
    return _canonical(body.model_dump(mode="json"))


def _canonical(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{text}\n".encode()


def content_hash(body: ComplianceBody) -> str:
    """SHA-256 of what the report says, whenever and however often it is made."""
    said = body.model_dump(mode="json", exclude={"revision", "made_at", "made"})
    return hashlib.sha256(_canonical(said)).hexdigest()


_FORMATS: dict[FileFormat, tuple[str, Callable[[ComplianceBody], bytes]]] = {
    "pdf": ("application/pdf", render_pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", render_workbook),
    "json": ("application/json", render_json),
}


def render_files(body: ComplianceBody) -> tuple[ReportFile, ...]:
    """Every file of a report; the same content gives the same bytes."""
    return tuple(ReportFile(name, media, render(body)) for name, (media, render) in _FORMATS.items())


def render_file(body: ComplianceBody, file_format: FileFormat) -> bytes:
    """One file of a report."""
    return _FORMATS[file_format][1](body)


def archive_key(body: ComplianceBody, file: ReportFile) -> str:
    """Where a file is kept: under kind, days and revision, named by its own checksum.

    So neither an attempt that ended before its report was stored nor a second report at the same time can
    leave anything under a name that other content is to have.
    """
    days = f"{body.period_start.isoformat()}_{body.period_end.isoformat()}"
    folder = f"reports/compliance/{body.kind}/{days}/r{body.revision}"
    return f"{folder}/duty-hour-compliance-{file.sha256[:16]}.{file.format}"
