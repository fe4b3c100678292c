"""What DuckDB says of an error, short enough for one line."""

TELLING = ("Error when converting", "Could not convert", "Invalid unicode")


def sentence(error: Exception) -> str:
    """The first line of an error's message, with the line that names column and value where there is one."""
    first, *more = str(error).strip().splitlines() or [type(error).__name__]
    said = [first, *(line for line in more if line.startswith(TELLING))][:2]
    return ". ".join(line.strip().rstrip(".") for line in said) + "."
