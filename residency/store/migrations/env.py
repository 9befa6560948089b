"""How Alembic connects: over the connection that :mod:`residency.store.migrate` hands it."""

from alembic import context

from residency.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
