"""Write ``.env`` with a fresh password or key for all that compose.yaml asks for, readable by you alone."""

import base64
import os
import secrets
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / ".env"


def fresh() -> dict[str, str]:
    """New secrets from the system's random source; all may stand in a URL without quoting."""
    passwords = ("POSTGRES", "OWNER", "APP", "READONLY", "SERVER_DATABASE")
    return {
        **{f"{name}_PASSWORD": secrets.token_urlsafe(32) for name in passwords},
        # User and password, for Prefect's pages and API.
        "SERVER_LOGIN": f"residency:{secrets.token_urlsafe(24)}",
        # The form that Fernet asks for: 32 bytes, URL-safe base64.
        "SERVER_ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "S3_ACCESS_KEY_ID": secrets.token_hex(10),
        "S3_SECRET_ACCESS_KEY": secrets.token_urlsafe(32),
    }


def main() -> int:
    """Write the file unless there is one: databases open with the passwords they were made with."""
    try:
        descriptor = os.open(TARGET, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{TARGET} is there already and was left as it is", file=sys.stderr)
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in fresh().items())
    print(f"wrote {TARGET}; SERVER_LOGIN in it is the user and password for Prefect's pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
