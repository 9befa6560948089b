"""A small right bundle, and the problems of what is made of it."""

import pytest

from residency.errors import InvalidBundleError
from residency.importing.bundle import read_program
from residency.settings import Settings

RIGHT = {
    "people": "id,type,pgy,email,pseudonym\n"
    "R01,resident,2,r01@example.org,R-A\n"
    "R02,resident,1,r02@example.org,R-B\n"
    "F01,faculty,,f01@example.org,F-A\n",
    "academic_years": "person,academic_year,pgy\nR01,2027,3\n",
    "services": "abbreviation,name,kind\nC,Clinic,outpatient\nW,Ward,inpatient\n",
    "coverage": "service,weekday,date,half,role,minimum,maximum,valid_from,valid_to\nC,0,,AM,primary,1,2,,\n",
    "assignments": "person,service,date,half,role\nR01,C,2026-07-06,AM,primary\nR02,W,2026-07-06,AM,\n",
    "call": "person,start,end,kind,in_house\nF01,2026-07-06T19:00,2026-07-07T07:00,overnight,\n",
    "rotations": "person,service,start_date,end_date\nR01,C,2026-07-06,2026-08-02\n",
    "hours_approvals": "limit,service,min_pgy,max_pgy,valid_from,valid_to,approved_by\n"
    "88,W,2,3,2026-07-01,2027-06-30,GMEC\n",
    "absences": "person,start_date,start_half,end_date,end_half,type,status\n"
    "R01,2026-08-03,,2026-08-07,,vacation,\n",
    "duty_logs": "person,start,end,activity_class\nR01,2026-07-06T07:00Z,2026-07-06T19:00Z,patient_care\n",
    "calendar": "date,day_type,holiday_name\n2026-12-25,FEDERAL_HOLIDAY,Christmas Day\n",
    "users": "username,email,role,person\nboss,boss@example.org,admin,F01\n",
}


@pytest.fixture
def right_bundle():
    """The text of every sheet of a bundle without a problem."""
    return dict(RIGHT)


@pytest.fixture
def problems_of(tmp_path):
    """Reads the right bundle with some rows appended or files replaced; the problems as sentences."""

    def read(append=None, contents=None, timezone="America/New_York"):
        texts = RIGHT | (contents or {})
        for name, rows in (append or {}).items():
            texts[name] += rows
        for name, text in texts.items():
            if text is not None:
                content = text if isinstance(text, bytes) else text.encode()
                (tmp_path / f"{name}.csv").write_bytes(content)
        try:
            read_program(tmp_path, Settings(timezone=timezone, _env_file=None))
        except InvalidBundleError as error:
            return [str(problem) for problem in error.problems]
        return []

    return read
