# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How real is the simulated company?
#
# The simulator writes the records of a company that does not exist, and beside them the truth about its customers.
# This notebook looks at both: are the records like a firm's, and does the truth agree with what happened?
# `HOLDFAST_NOTEBOOK_CUSTOMERS` makes the companies smaller (the tests do).

# %%
import os
import tempfile
from pathlib import Path

import duckdb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pipeline.simulator import SCENARIOS, audit, simulate

# %%
CUSTOMERS = int(os.environ.get("HOLDFAST_NOTEBOOK_CUSTOMERS", "5000"))
workshop = tempfile.TemporaryDirectory()
home = Path(workshop.name)
for name in SCENARIOS:
    simulate(CUSTOMERS, 36, 7, home / name, name)


def ask(scenario: str, sql: str) -> pd.DataFrame:
    """SQL over one company's tables, `$name` standing for a table."""
    for table in (home / scenario).iterdir():
        sql = sql.replace(f"${table.name}", f"read_parquet('{table}/*.parquet')")
    frame: pd.DataFrame = duckdb.connect().execute(sql).df()
    return frame


# %% [markdown]
# ## The companies in numbers
# Monthly defection should lie between 0.5 and 4 %, the AUC of the true probability between 0.80 and 0.92: what drives
# customers is partly visible, and partly chance.

# %%
realism = pd.DataFrame([audit.realism(home / name) for name in SCENARIOS], index=list(SCENARIOS))
realism.round(3)

# %% [markdown]
# ## Defection by type and month

# %%
fig, axes = plt.subplots(1, 2, figsize=(11, 3.5), sharey=True)
for ax, name in zip(axes, ("telecom", "retail"), strict=True):
    months = ask(
        name, "SELECT date_trunc('month', occurred_at) AS month, type, count(*) AS n FROM $defections GROUP BY ALL"
    )
    months.pivot(index="month", columns="type", values="n").fillna(0).plot.area(ax=ax, lw=0)
    ax.set(title=name, xlabel="", ylabel="defections")

# %% [markdown]
# ## Hours to a resolution
# Heavy-tailed, as service desks are: on a log axis about a bell. The tail is what overruns the limits.

# %%
hours = ask("telecom", "SELECT date_diff('minute', opened_at, resolved_at) / 60 AS h, grade FROM $complaints "
            "WHERE resolved_at > opened_at")  # fmt: skip
fig, ax = plt.subplots(figsize=(7, 3.5))
for grade, part in hours.groupby("grade"):
    ax.hist(part["h"], bins=np.geomspace(0.05, 5000, 60), histtype="step", label=f"grade {grade}")
ax.set(xscale="log", xlabel="hours to resolution", ylabel="complaints")
ax.legend()

# %% [markdown]
# ## Spend
# Log-normal between customers, with a second hump for enterprises.

# %%
spend = ask(
    "telecom",
    "SELECT kind, total FROM (SELECT customer_id, sum(amount) AS total FROM $transactions GROUP BY customer_id) "
    "JOIN (SELECT customer_id, kind FROM $customers) USING (customer_id)",
)
fig, ax = plt.subplots(figsize=(7, 3.5))
for kind, part in spend[spend["total"] > 0].groupby("kind"):
    ax.hist(np.log10(part["total"]), bins=60, histtype="step", label=str(kind))
ax.set(xlabel="log10 of all revenue of a customer", ylabel="customers")
ax.legend()

# %% [markdown]
# ## Who stays after a problem
# The table of DOMAIN 2 (TARP) from the company's own records. The reference asks who *would* buy again and our column
# counts who is still there after 180 days, so the levels differ; the order should be the same.

# %%
repurchase = audit.repurchase_by_complaint_state(home / "telecom")
repurchase.round(3)

# %%
fig, ax = plt.subplots(figsize=(7, 3.5))
for size, part in repurchase.groupby("size"):
    ax.errorbar(part["state"].astype(str), part["share"], [part["share"] - part["low"], part["high"] - part["share"]],
                marker="o", capsize=3, label=f"{size} problem")  # fmt: skip
ax.set(ylabel="still a customer after 180 days")
ax.legend()

# %% [markdown]
# ## Does the truth agree with what happened?

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4))
for ax, name in zip(axes, ("telecom", "retail"), strict=True):
    tenths = audit.calibration(audit.outcomes(home / name))
    ax.plot(tenths["p180"], tenths["left_180"], "o-")
    ax.plot([0, tenths["p180"].max()], [0, tenths["p180"].max()], "k:", lw=1)
    ax.set(title=name, xlabel="true probability (180 days)", ylabel="share that left")
fig.tight_layout()

# %%
workshop.cleanup()
