"""Breadth: how many different products and categories a customer buys."""

from functools import partial

from features.aggregates import COUNT, last
from features.levels import level_counts, literal
from features.spec import Block, Feature, FeatureSettings, windowed

SOURCE = "transactions"
PURCHASE = "NOT hf_return"
MOST_LEVELS = 62
number = partial(Feature, source=SOURCE, empty="0")


def product_block(rows: str, settings: FeatureSettings) -> Block:
    """One row for each product a customer bought, at the time of its last purchase: counting rows counts products."""
    products = (
        f"SELECT rid, product, min(age_days) AS age_days FROM ({rows}) "
        f"WHERE product IS NOT NULL AND {PURCHASE} GROUP BY rid, product"
    )
    count = number("products", COUNT, "different products bought", unit="products")
    return Block(products, (count, *windowed(settings, count)))


def category_features(settings: FeatureSettings) -> tuple[Feature, ...]:
    """Different categories, the last one, and transactions by level."""
    breadth = number(
        "categories",
        f"bit_count(bit_or({_bit_of_category(settings)}) [if])",
        "different categories bought (all rare ones count as one)",
        unit="categories",
        where=f"{PURCHASE} AND category IS NOT NULL",
    )
    words = "category of the last purchase"
    latest = Feature("category_last", last("category"), words, "category", SOURCE, where=PURCHASE, kind="category")
    counts = level_counts(settings, SOURCE, "category", "transactions", window_days=settings.longest_days)
    return (breadth, *windowed(settings, breadth), latest, *counts)


def _bit_of_category(settings: FeatureSettings) -> str:
    """One bit a frozen level and one for all rarer ones, so that every window is counted in the same pass."""
    levels = settings.levels.get((SOURCE, "category"), ())[:MOST_LEVELS]
    rare = f"{1 << MOST_LEVELS}::BIGINT"
    cases = "".join(f" WHEN {literal(level)} THEN {1 << n}::BIGINT" for n, level in enumerate(levels))
    return f"CASE category{cases} ELSE {rare} END" if cases else rare
