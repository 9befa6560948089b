"""What the scenarios assume where their definition leaves room, in sentences without names."""

from collections.abc import Mapping

_LOST = "Whoever is lost is lost for the whole period."
_ROUNDING = "Demand is multiplied exactly and rounded up for each service, role and half-day."
_FIXED = (
    "Locked assignments stay, also those on a service that stops; leave, recovery and weekends off stay too."
)
_ELECTIVE = (
    "Procedures of category 3 and less protected ones count as elective, those of categories 1 and 2 do not."
)
_STOPPED = "A service that is asked for nothing stops: whoever was assigned to it is released."
_WHOLE = "It lasts the whole period: nobody can know on which days of it it will happen."

NO_HOLIDAY = "The period holds no federal holiday: nothing is reduced, the schedule stays as published."

ASSUMPTIONS: Mapping[str, tuple[str, ...]] = {
    "1_faculty_loss": (_LOST,),
    "2_faculty_loss": (
        _LOST,
        "Pairs are ordered by slots empty after the best reassignment, then by attendings missing, then by "
        "slots assigned.",
        _ELECTIVE,
        _FIXED,
    ),
    "pcs_season_50_percent": (
        _LOST,
        "First go those with a permanent change of station in the period, then those who are away longest in "
        "it, then those whose loss costs least.",
        "Shedding to ORANGE stops categories 5 to 7.",
        "Clinics and research of category 4 stop too; a clinic of categories 1 to 3 is urgent, because it "
        "may not stop while anything less protected goes on.",
        _FIXED,
    ),
    "holiday_skeleton": (
        "Holidays are the federal holidays of the calendar; other days keep their demand.",
        "A quarter is one of what an ordinary day asks: the calendar's own reduction is not applied on top.",
        "It holds for every service that goes on, inpatient services included.",
        "Shedding to RED stops categories 4 to 7 on the holidays; what is more protected is essential.",
        _ROUNDING,
        _FIXED,
    ),
    "pandemic_essential_only": (
        "Categories 1 and 2 keep their demand, clinics among them too.",
        "Other inpatient services are those of categories 3 to 7.",
        _ELECTIVE,
        _WHOLE,
        _ROUNDING,
        _FIXED,
    ),
    "mass_casualty_event": (
        "Emergency services are those of category 1.",
        "Inpatient services of other categories go on as well: more is asked of them.",
        "Leave-eligible rotations of category 1 are emergency services and are not cancelled.",
        _WHOLE,
        _ROUNDING,
        _FIXED,
    ),
    "weather_emergency": (
        "30 % of residents and faculty together, rounded down, cannot travel: those with the lowest SHA-256 "
        "of their id and the period's first day.",
        "Services of categories 4 to 7 that are not inpatient count as non-essential.",
        "An inpatient service away from the site counts as offsite.",
        _ELECTIVE,
        _STOPPED,
        _LOST,
        _FIXED,
    ),
}
"""By the name of the scenario."""
