"""What contacts did, where chance decided who got one: the difference between the arms, with its interval."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.intervals import wilson

ALL = "all"


def difference_by_arm(cases: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Share that defected among the treated less that among the controls, for each action and for all together.

    `cases` holds one row a randomised contact: `action`, `arm` (treat or control), `defected` (true or false). Columns:
    `action, treated, control, difference, low, high, claimed`. The intervals hold together with probability `level`
    (Bonferroni), so that many actions do not find an effect by chance; an effect is claimed where 0 lies outside.
    Interval: Newcombe 1998, method 10. An action without both arms is left out.
    """
    every = pd.concat([cases.assign(action=ALL), cases])
    counts = every.groupby(["action", "arm"])["defected"].agg(["size", "sum"]).unstack("arm").dropna()
    size, left = counts["size"], counts["sum"]
    z = float(norm.ppf(1 - (1 - level) / 2 / max(len(counts), 1)))
    p = {arm: (left[arm] / size[arm]).to_numpy(np.float64) for arm in ("treat", "control")}
    ends = {arm: wilson(left[arm], size[arm], z) for arm in ("treat", "control")}
    difference = p["treat"] - p["control"]
    low = difference - np.hypot(p["treat"] - ends["treat"][0], ends["control"][1] - p["control"])
    high = difference + np.hypot(ends["treat"][1] - p["treat"], p["control"] - ends["control"][0])
    found = {"treated": size["treat"].astype(int), "control": size["control"].astype(int), "difference": difference}
    table = pd.DataFrame(found, index=counts.index).assign(low=low, high=high, claimed=(low > 0) | (high < 0))
    return table.rename_axis("action").reset_index()
