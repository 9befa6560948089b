"""What a bundle says of averaging weekly hours: rotations, and approved exceptions to the limit."""

from residency.importing.parsing import ParsedSheet
from residency.importing.references import Keys, report_repeats
from residency.importing.sheets import HoursApprovalLine, RotationLine
from residency.program.records import HoursApproval, Rotation


def read_rotations(sheet: ParsedSheet[RotationLine], people: Keys, services: Keys) -> list[Rotation]:
    """The rotations, after every check; those of one person do not overlap."""
    people.check(sheet, "person")
    services.check(sheet, "service")
    rotations: dict[int, Rotation] = {}
    for index, line in sheet.lines():
        if line.end_date < line.start_date:
            sheet.report(index, "end_date", f"a date not before the start {line.start_date}")
        else:
            rotations[index] = Rotation(line.person, line.service, line.start_date, line.end_date)
    _check_one_at_a_time(sheet, rotations)
    return list(rotations.values())


def _check_one_at_a_time(sheet: ParsedSheet[RotationLine], rotations: dict[int, Rotation]) -> None:
    """Report every rotation that begins before an earlier one of the same person has ended."""
    ordered = sorted(
        rotations, key=lambda index: (rotations[index].person, rotations[index].start_date, index)
    )
    longest: int | None = None
    for index in ordered:
        if longest is not None and rotations[longest].person == rotations[index].person:
            if rotations[index].start_date <= rotations[longest].end_date:
                expected = f"no rotation that overlaps with row {sheet.rows[longest]}"
                sheet.report(index, "start_date", expected)
            if rotations[index].end_date <= rotations[longest].end_date:
                continue
        longest = index


def read_hours_approvals(sheet: ParsedSheet[HoursApprovalLine], services: Keys) -> list[HoursApproval]:
    """The approved exceptions, after every check."""
    services.check(sheet, "service")
    lines = list(sheet.lines())
    for index, line in lines:
        if line.valid_to < line.valid_from:
            sheet.report(index, "valid_to", f"a date not before valid_from {line.valid_from}")
        if line.max_pgy < line.min_pgy:
            sheet.report(index, "max_pgy", f"a PGY not below min_pgy {line.min_pgy}")
    report_repeats(
        sheet,
        "valid_from",
        ((index, (line.service, line.min_pgy, line.max_pgy, line.valid_from)) for index, line in lines),
        lambda row: f"one exception a service, PGY range and first day; row {row} is one",
    )
    return [
        HoursApproval(
            limit=line.limit,
            valid_from=line.valid_from,
            valid_to=line.valid_to,
            approved_by=line.approved_by,
            service=line.service,
            min_pgy=line.min_pgy,
            max_pgy=line.max_pgy,
        )
        for _, line in lines
    ]
