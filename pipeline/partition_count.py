"""Into how many partitions the customers are split: bounded memory for the work at hand, and no more than it needs."""

import math

from models.snapshots import schedule
from pipeline.config.root import Config

CUSTOMERS_A_PARTITION = 100_000
# All features of 240,000 rows take 1.2 GB in the making, of 1.2 million 2.7 GB (python -m tools.bench features-memory).
ROWS_A_PARTITION = 300_000
SMALL = 10_000  # customers that are not worth a second partition
USUAL_YEARS_DAYS = 730
STEP_DAYS = {"month": 30, "week": 7}


def number_of_partitions(config: Config, customers: int, snapshots: int = 1) -> int:
    """As the config says, or so many that neither the customers nor the rows of the matrix in one are too many.

    `snapshots` is at how many moments about features are asked for. The values do not depend on the number.
    """
    if config.engine.partitions:
        return config.engine.partitions
    if customers < SMALL:
        return 1
    needed = max(customers / CUSTOMERS_A_PARTITION, customers * snapshots / ROWS_A_PARTITION)
    return max(config.engine.workers, math.ceil(needed))


def expected_snapshots(config: Config) -> int:
    """At how many moments a model is trained and tested; those of two years where the data decide."""
    wanted = config.snapshots
    if config.flat:
        return 1
    if wanted.first and wanted.last:
        return len(schedule(wanted.first, wanted.last, wanted.every))
    step = wanted.every if isinstance(wanted.every, int) else STEP_DAYS[wanted.every]
    return math.ceil(USUAL_YEARS_DAYS / max(step, 1))
