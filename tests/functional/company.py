"""A tiny company as CSV files and a config, for tests that break one thing at a time."""

from pathlib import Path

CONFIG = """
name: tiny
sources:
  people: {csv: people.csv}
  orders: {csv: orders.csv}
  cases: {csv: cases.csv, date_format: "%d/%m/%Y"}
tables:
  customers: {source: people, columns: {customer_id: id, joined_at: since}}
  transactions: {source: orders, columns: {customer_id: who, occurred_at: day, amount: total}}
  complaints:
    source: cases
    columns: {customer_id: who, complaint_id: number, opened_at: opened, resolved_at: closed}
outcome: {kind: lapse, horizon_days: 30, active_days: 60}
snapshots: {every: month, first: 2024-05-01, last: 2024-10-01, test_snapshots: 2}
"""


def write(folder: Path, customers: int = 40, days: int = 330) -> Path:
    """Write the company into a folder: the config's path. Every third customer stops buying half way."""
    people = ["id,since,region"] + [
        f"{n:03d},2023-12-{1 + n % 28:02d},{'north' if n % 2 else 'south'}" for n in range(customers)
    ]
    orders, cases = ["who,day,total"], ["who,number,opened,closed"]
    for n in range(customers):
        last = days // 2 + n * 3 if n % 3 == 0 else days
        orders += [f"{n:03d},{_iso(day)},{10 + n % 7}.5" for day in range(n % 20, last, 10 + n % 9)]
        if n % 4 == 0:
            cases.append(f"{n:03d},c{n},{_european(100 + n)},{_european(103 + n) if n % 8 else ''}")
    for name, lines in (("people", people), ("orders", orders), ("cases", cases)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = folder / "tiny.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return config


def change(file: Path, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a file; it must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _iso(day: int) -> str:
    from datetime import date, timedelta

    return str(date(2024, 1, 1) + timedelta(days=day))


def _european(day: int) -> str:
    from datetime import date, timedelta

    return f"{date(2024, 1, 1) + timedelta(days=day):%d/%m/%Y}"
