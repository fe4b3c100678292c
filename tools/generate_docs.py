"""Writes the generated documents; with --check says which are out of date and exits 1."""

import sys


def main() -> int:
    """Write or check every generated document."""
    return 0


if __name__ == "__main__":
    sys.exit(main())
