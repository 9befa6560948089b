"""The audit log, its pending entries and the head of its chain.

Revision 0005, after 0004. Functions, triggers, rights and views are no tables: they are made anew after
every migration, see :mod:`residency.store.access`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from residency.store.tables.audit import TransactionId

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _checked(name: str, *words: str) -> sa.Column:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=False)


def _facts() -> list[sa.Column]:
    return [
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("database_role", sa.Text(), nullable=False),
        sa.Column("remote_addr", sa.Text(), nullable=True),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
    ]


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _checked("actor_kind", "user", "task", "system"),
        _checked("origin", "trigger", "application"),
        _checked(
            "action",
            "insert",
            "update",
            "delete",
            "login",
            "access_change",
            "export",
            "execute",
            "archive",
            "purge",
            "override",
        ),
        *_facts(),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_entity_type_entity_id", "audit_log", ["entity_type", "entity_id"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"], postgresql_using="brin")
    op.create_table(
        "audit_pending",
        sa.Column("xid", TransactionId(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        *_facts(),
        sa.PrimaryKeyConstraint("xid", "position", name=op.f("pk_audit_pending")),
        prefixes=["UNLOGGED"],
    )
    head = op.create_table(
        "audit_head",
        sa.Column("chain", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("chain = 1", name=op.f("ck_audit_head_one_chain")),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
    )
    # Each commit writes the row anew; the room lets it stay on its page and out of its index.
    op.execute("ALTER TABLE audit_head SET (fillfactor = 10)")
    op.bulk_insert(head, [{"chain": 1, "seq": 0, "hash": bytes(32)}])


def downgrade() -> None:
    """Take the schema back."""
    op.execute("DROP SCHEMA IF EXISTS readonly CASCADE")
    # Their triggers on the audited tables go with them.
    for name in ("audit_rows", "audit_refuse", "audit_seal"):
        op.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
    op.execute("DROP FUNCTION IF EXISTS audit_record(text, text, text, text, jsonb, jsonb)")
    op.execute("DROP FUNCTION IF EXISTS audit_text(public.audit_pending, bigint, text)")
    op.execute("DROP AGGREGATE IF EXISTS audit_chain(bytea, text)")
    op.execute("DROP FUNCTION IF EXISTS audit_link(bytea, bytea, text)")
    op.execute("DROP FUNCTION IF EXISTS audit_image(jsonb, jsonb, jsonb, text[])")
    op.execute("DROP FUNCTION IF EXISTS audit_change_name(jsonb, jsonb, jsonb)")
    op.execute("DROP FUNCTION IF EXISTS audit_context()")
    op.drop_table("audit_head")
    op.drop_table("audit_pending")
    op.drop_table("audit_log")
