"""Names of the database roles that programs and people connect as, besides the owner of the tables."""

APP = "residency_app"
"""Reads and writes the program's tables; may neither change them nor touch the audit log."""

READONLY = "residency_readonly"
"""Reads the pseudonymised views of the schema ``readonly`` and nothing else."""

READONLY_SCHEMA = "readonly"

READONLY_DEFAULTS = (
    f"ALTER ROLE {READONLY} SET search_path = {READONLY_SCHEMA}, public",
    f"ALTER ROLE {READONLY} SET default_transaction_read_only = on",
)
"""So that a query written for the tables reads the views of the same names."""
