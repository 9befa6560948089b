"""Run as a program by the plant: apply, so that the import of Prefect does not burden the plant itself."""

import sys

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.apply.session import apply


def main() -> None:
    """Apply and print what was done; exit code 1 with a sentence when it fails."""
    try:
        print(apply(Settings(), print).summary)
    except ResidencyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
