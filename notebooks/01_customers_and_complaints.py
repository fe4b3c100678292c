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
# # Customers and complaints
#
# From a company's tables to a measured model, in the order in which a data scientist would look. The company is
# simulated, so this runs anywhere; for your own, leave out the first step and name your own config instead.

# %%
import os
import tempfile
from pathlib import Path

import yaml

from pipeline.check import check
from pipeline.demo import CONFIG
from pipeline.diagnose import diagnose
from pipeline.feature_matrix import matrix
from pipeline.frames import labelled_rows, query, rates
from pipeline.simulator import simulate
from pipeline.train import train

workshop = tempfile.TemporaryDirectory()
folder = Path(workshop.name)

# %% [markdown]
# ## A company and its config
# The simulator writes the canonical tables: who the customers are, what they bought and signed, what they complained
# about, how fast it was solved, who left and why.

# %%
simulate(customers=700, months=36, seed=1, out=folder / "company", workers=1).rows

# %% [markdown]
# The config is that of `holdfast demo`. Smaller models and fewer windows keep this notebook short; nothing else is
# changed.

# %%
os.environ["HOLDFAST_DEMO"] = str(folder)
settings = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
settings.pop("plan")
settings["features"] = {"windows_days": [90, 365]}
settings["model"] = {
    "risk": {"max_trees": 80, "bags": 1, "folds": 2, "trees": [{"name": "smooth"}]},
    "types": {"max_trees": 20, "folds": 2},
    "loss": {"max_trees": 60, "folds": 2, "objectives": ["tweedie"]},
}
config = folder / "notebook.yaml"
_ = config.write_text(yaml.safe_dump(settings), encoding="utf-8")

# %% [markdown]
# ## Are the tables sound?
# Keys, orphans, contradictions, missing values, and for each snapshot who was at risk and how many left.

# %%
print(check(config).as_text())

# %% [markdown]
# ## The tables
# `query` asks the canonical tables in SQL. It sees the whole records, so it is for looking, not for features.

# %%
query(config, "SELECT kind, count(*) AS customers FROM customers GROUP BY kind ORDER BY kind")

# %%
query(
    config,
    """
    SELECT cause, count(*) AS complaints, avg((resolved_at IS NOT NULL)::INT) AS resolved,
           median(epoch(resolved_at - opened_at) / 3600) AS median_hours
    FROM complaints GROUP BY cause ORDER BY complaints DESC
    """,
)

# %% [markdown]
# ## What was known, and what followed
# One row for each customer at risk at each snapshot: the features use nothing from the snapshot on, the outcome nothing
# from before it.

# %%
rows = labelled_rows(config)
rows.groupby("as_of").agg(customers=("defected", "size"), defected=("defected", "mean"))

# %% [markdown]
# ## Complaint frequency and later defection
# Complaints in the year before the snapshot, and the share that left within the horizon, with 95 % intervals.
#
# **No causal effect.** Customers who complain differ in other things: they use more, pay more, or meet worse service.
# In some real companies complainers even leave *less* often, because those who have given up say nothing. The model is
# therefore never told which way a complaint should point.

# %%
by_count = rates(rows, "complaints__count_365d", edges=[0, 1, 2, 3, 1000])
by_count

# %% [markdown]
# ## Speed of resolution and later defection
# The median hours to resolution over the same year; who never complained, or has no resolved complaint, is "not known".

# %%
by_speed = rates(rows, "resolution__resolve_hours_median_365d", edges=[0, 4, 24, 72, 10_000])
by_speed

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(10, 3.5), sharey=True)
titles = ("complaints in a year", "median hours to resolution")
for axis, table, title in zip(axes, (by_count, by_speed), titles, strict=True):
    axis.errorbar(table.index, table.rate, [table.rate - table.low, table.high - table.rate], fmt="o")
    axis.set(title=title, ylabel="share that left")

# %% [markdown]
# The diagnosis asks the same of the *state* of the last complaint, beside the textbook table of those who would buy
# again; there, too, the figures compare customers and do not say what answering did.

# %%
import pandas as pd

states = pd.DataFrame(diagnose(config).table("complaints", "repurchase"))
states.loc[states.severity == "all", ["state", "customer_periods", "stayed", "stayed_low", "stayed_high"]]

# %% [markdown]
# ## Features at one snapshot
# What scoring would see at the end of the records, for every customer.

# %%
now = matrix(config)
now.filter(regex="customer_id|complaints__|resolution__").head()

# %% [markdown]
# ## Train, and read the figures
# Trained on early snapshots, tested on later ones whose outcome windows do not overlap with training. The model has to
# beat the baselines on the same rows: the base rate, the best single column, a plain logistic regression.

# %%
trained = train(config, report=folder / "report.html")
print(trained.as_text())

# %% [markdown]
# `total_ratio` is the sum of the risks over the defections that happened: far from 1 the order may still be right, the
# level is not. The intervals resample customers, because a customer's snapshots are not independent.
#
# What moves the risk most, on the test rows, in log-odds:

# %%
trained.evaluation.tables["drivers"].head(10)

# %% [markdown]
# And whether the probabilities are right, in ten groups of equal size:

# %%
trained.evaluation.tables["calibration"]

# %% [markdown]
# The training report (`report.html`) shows all of this with curves, profit, money and what to be careful about.

# %%
size = (folder / "report.html").stat().st_size
workshop.cleanup()
f"the report has {size:,} bytes"
