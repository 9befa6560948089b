"""People, users, half-day blocks, services and coverage requirements.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "blocks",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column(
            "half",
            sa.Enum("AM", "PM", name="half", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("block_number", sa.Integer(), nullable=False),
        sa.Column("is_weekend", sa.Boolean(), nullable=False),
        sa.Column("is_holiday", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("holiday_name", sa.Text(), nullable=True),
        sa.Column("actual_date", sa.Date(), nullable=True),
        sa.Column(
            "day_type",
            sa.Enum(
                "NORMAL",
                "FEDERAL_HOLIDAY",
                "TRAINING_HOLIDAY",
                "MINIMAL_MANNING",
                "EO_CLOSURE",
                "INAUGURATION_DAY",
                name="day_type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="NORMAL",
            nullable=False,
        ),
        sa.Column(
            "intent",
            sa.Enum(
                "NORMAL",
                "REDUCED_CAPACITY",
                "NON_OPERATIONAL",
                name="intent",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="NORMAL",
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("block_number BETWEEN 0 AND 13", name=op.f("ck_blocks_block_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint("date", "half", name=op.f("uq_blocks_date_half")),
    )
    op.create_table(
        "people",
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "resident",
                "faculty",
                "med_student",
                "rotating_intern",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("fte", sa.Numeric(precision=5, scale=4), server_default="1", nullable=False),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.Column(
            "specialties", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column(
            "credentials", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column("performs_procedures", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "faculty_role",
            sa.Enum(
                "pd",
                "apd",
                "oic",
                "dept_chief",
                "sports_med",
                "core",
                "adjunct",
                name="faculty_role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("primary_duty", sa.Text(), nullable=True),
        sa.Column(
            "admin_type",
            sa.Enum(
                "GME", "DFM", "SM", name="admin_type", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("target_clinical_blocks", sa.Integer(), nullable=True),
        sa.Column(
            "learner_type",
            sa.Enum(
                "MS", "TY", "PSYCH", name="learner_type", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("ms_year", sa.Integer(), nullable=True),
        sa.Column(
            "screener_role",
            sa.Enum(
                "dedicated",
                "rn",
                "emt",
                "resident",
                name="screener_role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "active_to IS NULL OR active_to >= active_from", name=op.f("ck_people_active_range")
        ),
        sa.CheckConstraint("fte BETWEEN 0 AND 1", name=op.f("ck_people_fte_is_a_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        sa.UniqueConstraint("external_id", name=op.f("uq_people_external_id")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_people_pseudonym")),
    )
    op.create_table(
        "services",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("abbreviation", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "inpatient",
                "outpatient",
                "procedure",
                "night_float",
                "call",
                "education",
                "research",
                "administration",
                "off",
                "recovery",
                "absence",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("load_category", sa.Integer(), nullable=False),
        sa.Column("hours_am", sa.Numeric(precision=5, scale=2), server_default="6", nullable=False),
        sa.Column("hours_pm", sa.Numeric(precision=5, scale=2), server_default="6", nullable=False),
        sa.Column("start_am", sa.Time(), server_default="07:00", nullable=False),
        sa.Column("start_pm", sa.Time(), server_default="13:00", nullable=False),
        sa.Column("night_hours", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("counts_as_duty", sa.Boolean(), nullable=False),
        sa.Column("needs_supervision", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("supervision_units_pgy1", sa.Integer(), server_default="2", nullable=False),
        sa.Column("supervision_units_other", sa.Integer(), server_default="1", nullable=False),
        sa.Column("procedure_units", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "required_type",
            sa.Enum(
                "resident",
                "faculty",
                "med_student",
                "rotating_intern",
                name="required_type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "required_role",
            sa.Enum(
                "pd",
                "apd",
                "oic",
                "dept_chief",
                "sports_med",
                "core",
                "adjunct",
                name="required_role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("required_specialty", sa.Text(), nullable=True),
        sa.Column("required_credential", sa.Text(), nullable=True),
        sa.Column("min_pgy", sa.Integer(), nullable=True),
        sa.Column("max_people", sa.Integer(), nullable=True),
        sa.Column("leave_eligible", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("offsite", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("inpatient", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("includes_weekend", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("half_block", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("first_component", sa.Text(), nullable=True),
        sa.Column("second_component", sa.Text(), nullable=True),
        sa.Column("clinic_location", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_by", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "char_length(abbreviation) BETWEEN 1 AND 10", name=op.f("ck_services_abbreviation_length")
        ),
        sa.CheckConstraint("hours_am >= 0 AND hours_pm >= 0", name=op.f("ck_services_hours_not_negative")),
        sa.CheckConstraint("load_category BETWEEN 1 AND 7", name=op.f("ck_services_load_category")),
        sa.CheckConstraint("min_pgy BETWEEN 1 AND 8", name=op.f("ck_services_min_pgy")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("abbreviation", name=op.f("uq_services_abbreviation")),
        sa.UniqueConstraint("name", name=op.f("uq_services_name")),
    )
    op.create_table(
        "coverage_requirements",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column(
            "half",
            sa.Enum("AM", "PM", name="half", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "primary",
                "supervising",
                "backup",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="primary",
            nullable=False,
        ),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('primary', 'supervising')", name=op.f("ck_coverage_requirements_role_is_demanded")
        ),
        sa.CheckConstraint(
            "maximum >= minimum", name=op.f("ck_coverage_requirements_maximum_not_below_minimum")
        ),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_coverage_requirements_minimum_not_negative")),
        sa.CheckConstraint(
            "num_nonnulls(weekday, date) = 1", name=op.f("ck_coverage_requirements_weekday_or_date")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_coverage_requirements_weekday")),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["services.id"],
            name=op.f("fk_coverage_requirements_service_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_requirements")),
    )
    op.create_index(
        "uq_coverage_requirements_dated",
        "coverage_requirements",
        ["service_id", "date", "half", "role"],
        unique=True,
        postgresql_where=sa.text("date IS NOT NULL"),
    )
    op.create_table(
        "person_academic_years",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("academic_year", sa.Integer(), nullable=False),
        sa.Column("pgy_level", sa.Integer(), nullable=True),
        sa.Column("is_graduated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("clinic_min", sa.Integer(), nullable=True),
        sa.Column("clinic_max", sa.Integer(), nullable=True),
        sa.Column("sunday_call_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("weekday_call_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fmit_weeks_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("away_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("pgy_level BETWEEN 1 AND 8", name=op.f("ck_person_academic_years_pgy_level")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_person_academic_years_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_academic_years")),
        sa.UniqueConstraint(
            "person_id", "academic_year", name=op.f("uq_person_academic_years_person_id_academic_year")
        ),
    )
    op.create_table(
        "users",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "admin",
                "coordinator",
                "faculty",
                "resident",
                "clinical_staff",
                "rn",
                "lpn",
                "msa",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_users_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("users")
    op.drop_table("person_academic_years")
    op.drop_table("coverage_requirements")
    op.drop_table("services")
    op.drop_table("people")
    op.drop_table("blocks")
