"""The description of every sheet and column of a bundle, taken from the row models themselves."""

from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo

from residency.importing.parsing import cell_type_of
from residency.importing.sheets import SHEETS, SheetRow, columns

_INTRODUCTION = """\
# Program bundle

A bundle is a folder with one CSV file a sheet, or one XLSX workbook with a sheet of each name. CSV files are
UTF-8, separated by commas. Missing columns and empty cells take the default; an unknown column is an error.
Items of a list are separated by `;`. In CSV a text that begins with `=`, `+`, `-`, `@` or `'` stands after
one more `'`, so that a spreadsheet does not take it for a formula.

Load it with `residency import DIR --publish`. If anything is wrong, every problem is listed with its row and
column, and nothing is loaded.
"""


def bundle_documentation() -> str:
    """All sheets in Markdown: what each column means, what it may hold, its default and an example."""
    sections = [_sheet_section(sheet.name, sheet.row, required=sheet.required) for sheet in SHEETS]
    return "\n".join([_INTRODUCTION, *sections])


def _sheet_section(name: str, row: type[SheetRow], *, required: bool) -> str:
    need = "required" if required else "optional"
    lines = [
        f"## {name} ({need})",
        "",
        row.__doc__ or "",
        "",
        "| column | meaning | allowed | default | example |",
        "|---|---|---|---|---|",
    ]
    for column, field_name in columns(row).items():
        field = row.model_fields[field_name]
        cells = [
            f"`{column}`",
            field.description or "",
            cell_type_of(row, field_name).expected,
            _default(field),
            _example(field),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "otherwise" in extra:
        return f"{extra['otherwise']}"
    value: Any = field.get_default()
    match value:
        case None | ():
            return "none"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case StrEnum():
            return value.value
        case _:
            return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


def _example(field: FieldInfo) -> str:
    return f"`{field.examples[0]}`" if field.examples else ""
