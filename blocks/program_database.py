"""The block that tells a flow where the program's database is and in which time zone the program lives."""

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class ProgramDatabase(Block):
    """The PostgreSQL database that holds one residency program."""

    _block_type_name = "Program Database"
    _block_type_slug = "program-database"
    _description = "The PostgreSQL database that holds one residency program, and the program's time zone."

    url: SecretStr = Field(description="postgresql://user:password@host:port/name")
    timezone: str = Field(description="IANA name of the program's time zone, such as Pacific/Honolulu.")
    alert_webhook_url: SecretStr | None = Field(
        default=None, description="Where resilience alerts are also posted; empty for nowhere."
    )
    compliance_role: str = Field(
        default="admin", description="Role of the users who are sent compliance reports."
    )


DOCUMENT_NAME = "residency"
"""Name of the block document that every flow loads."""
