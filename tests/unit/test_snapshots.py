from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from features.errors import ConfigError, IncompleteWindowError, OneClassError
from models.outcome_kinds import Cancel, ContractEnd, GivenColumn, Lapse, Outcome
from models.outcomes import known_by, refuse_incomplete
from models.snapshots import Every, backtest, flat_folds, schedule, time_split

MONTHS = schedule(date(2008, 1, 1), date(2009, 7, 1), "month")
HALF_YEAR = ContractEnd(horizon_days=180, grace_days=30)


def test_a_monthly_schedule_includes_both_ends() -> None:
    assert (MONTHS[0], MONTHS[-1]) == (datetime(2008, 1, 1), datetime(2009, 7, 1))
    assert len(MONTHS) == 19
    assert {at.day for at in MONTHS} == {1}


def test_a_monthly_schedule_keeps_the_day_and_the_time_of_its_first_snapshot() -> None:
    ends = schedule(datetime(2023, 11, 30, 6), datetime(2024, 3, 30, 6), "month")
    assert [at.day for at in ends] == [30, 30, 30, 29, 30]
    assert {at.hour for at in ends} == {6}


@pytest.mark.parametrize(("every", "step"), [("week", 7), (10, 10)])
def test_other_schedules_step_by_days(every: Every, step: int) -> None:
    made = schedule(date(2024, 1, 1), date(2024, 3, 1), every)
    assert {later - earlier for earlier, later in pairwise(made)} == {timedelta(days=step)}
    assert made[-1] <= datetime(2024, 3, 1) < made[-1] + timedelta(days=step)


def test_a_schedule_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="last 2024-01-01 lies before first 2024-02-01"):
        schedule(date(2024, 2, 1), date(2024, 1, 1), "month")
    with pytest.raises(ConfigError, match=r"snapshots\.every: not a step: 0"):
        schedule(date(2024, 1, 1), date(2024, 2, 1), 0)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Cancel(horizon_days=30, gap_days=5), datetime(2024, 2, 5)),
        (Lapse(horizon_days=30), datetime(2024, 1, 31)),
        (ContractEnd(horizon_days=30, gap_days=5, grace_days=2), datetime(2024, 2, 7)),
        (GivenColumn(column="Churn"), datetime(2024, 1, 1)),
    ],
)
def test_a_label_is_known_when_gap_horizon_and_grace_are_over(outcome: Outcome, expected: datetime) -> None:
    assert known_by(outcome, datetime(2024, 1, 1)) == expected


def test_snapshots_whose_window_reaches_past_the_data_are_refused_and_the_first_is_named() -> None:
    end = known_by(HALF_YEAR, MONTHS[3])
    refuse_incomplete(HALF_YEAR, MONTHS[:4], end)
    with pytest.raises(IncompleteWindowError, match="snapshot 2008-05-01 is known by 2008-11-27, the data end"):
        refuse_incomplete(HALF_YEAR, reversed(MONTHS[:6]), end)


def test_training_stops_where_its_labels_would_not_be_known_when_the_test_begins() -> None:
    split = time_split(MONTHS, HALF_YEAR, test_from=date(2009, 2, 1))
    assert (split.train[0], split.train[-1], len(split.train)) == (datetime(2008, 1, 1), datetime(2008, 7, 1), 7)
    assert (split.test[0], split.test[-1], len(split.test)) == (datetime(2009, 2, 1), datetime(2009, 7, 1), 6)
    assert time_split(MONTHS, HALF_YEAR, test_snapshots=6) == split


def test_a_label_known_exactly_at_the_first_test_snapshot_trains() -> None:
    days = schedule(date(2024, 1, 1), date(2024, 1, 31), 1)
    split = time_split(days, Cancel(horizon_days=10), test_from=date(2024, 1, 21))
    assert split.train[-1] == datetime(2024, 1, 11)


def test_a_test_snapshot_never_trains_even_when_its_label_is_there_at_once() -> None:
    split = time_split(MONTHS, GivenColumn(column="Churn"), test_snapshots=1)
    assert split.train == MONTHS[:-1]


def test_unordered_and_repeated_snapshots_are_put_in_order() -> None:
    assert time_split([*reversed(MONTHS), *MONTHS], HALF_YEAR, test_snapshots=6) == time_split(
        MONTHS, HALF_YEAR, test_snapshots=6
    )


def test_a_split_without_training_or_test_snapshots_says_what_to_change() -> None:
    with pytest.raises(ConfigError, match=r"no training snapshot: .* 2008-03-01.*Start at 2007-08-04 or earlier"):
        time_split(MONTHS, HALF_YEAR, test_from=date(2008, 3, 1))
    with pytest.raises(ConfigError, match="no test snapshot: the last snapshot is 2009-07-01: '2010-01-01'"):
        time_split(MONTHS, HALF_YEAR, test_from=date(2010, 1, 1))
    with pytest.raises(ConfigError, match="no test snapshot: there are no snapshots"):
        time_split([], HALF_YEAR, test_from=date(2010, 1, 1))
    with pytest.raises(ConfigError, match="no test snapshot"):
        time_split(MONTHS, HALF_YEAR, test_snapshots=0)
    with pytest.raises(ConfigError, match="in exactly one way"):
        time_split(MONTHS, HALF_YEAR)


def test_flat_folds_test_each_row_once_a_repeat_and_keep_the_share_of_defectors() -> None:
    y = np.arange(200) % 5 == 0
    made = flat_folds(y, repeats=2, folds=4, seed=1)
    assert len(made) == 8
    for repeat in (made[:4], made[4:]):
        assert sorted(np.concatenate([test for _, test in repeat])) == list(range(200))
    assert {int(y[test].sum()) for _, test in made} == {10}
    assert all(not set(train) & set(test) for train, test in made)


def test_flat_folds_repeat_with_the_seed_and_differ_between_repeats() -> None:
    y = np.arange(60) % 3 == 0
    first, again, other = (flat_folds(y, repeats=2, folds=3, seed=seed) for seed in (7, 7, 9))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0][1], first[3][1])
    assert not np.array_equal(first[0][1], other[0][1])


def test_rows_of_one_group_stay_in_one_fold() -> None:
    groups = np.repeat([f"person {n}" for n in range(50)], 3)
    y = np.repeat(np.arange(50) % 4 == 0, 3)
    for train, test in flat_folds(y, groups, repeats=2, folds=5, seed=3):
        assert not set(groups[train]) & set(groups[test])
        assert y[test].any()


def test_folds_that_cannot_hold_both_outcomes_are_refused() -> None:
    with pytest.raises(OneClassError, match="5 folds: 3 of 50 rows defected"):
        flat_folds(np.arange(50) < 3)
    with pytest.raises(OneClassError, match="2 folds: 25 of 50 rows defected"):
        flat_folds(np.arange(50) < 25, np.where(np.arange(50) < 25, 0, np.arange(50)), folds=2)
    with pytest.raises(ConfigError, match="0 x 5 folds"):
        flat_folds(np.arange(50) < 25, repeats=0)


def test_a_backtest_has_periods_of_one_length_and_each_trains_on_what_was_known() -> None:
    last = time_split(MONTHS, Cancel(horizon_days=90), test_snapshots=4)
    made = backtest(MONTHS, Cancel(horizon_days=90), last, periods=3)
    assert [split.test[0] for split in made] == [datetime(2008, 8, 1), datetime(2008, 12, 1), datetime(2009, 4, 1)]
    assert {len(split.test) for split in made} == {4}
    assert made[-1] == last
    for split in made:
        assert split.train[-1] + timedelta(days=90) <= split.test[0]


def test_periods_that_cannot_train_or_are_cut_short_are_left_out() -> None:
    last = time_split(MONTHS, HALF_YEAR, test_snapshots=6)
    assert [split.test[0] for split in backtest(MONTHS, HALF_YEAR, last, periods=9)] == [
        datetime(2008, 8, 1),
        datetime(2009, 2, 1),
    ]


def test_a_gap_takes_the_training_further_from_the_test() -> None:
    near = time_split(MONTHS, HALF_YEAR, test_snapshots=6)
    far = time_split(MONTHS, HALF_YEAR, test_snapshots=6, gap_days=60)
    assert far.test == near.test
    assert far.train == near.train[:-2]
    with pytest.raises(ConfigError, match="known after 610 days"):
        time_split(MONTHS, HALF_YEAR, test_snapshots=6, gap_days=400)
