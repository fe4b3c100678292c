"""Contacts, surveys, earlier defections."""

import pytest

from tests.companies import Row, day, features_at

T = "2024-07-01"


def contact(at: str, outcome: str | None = None, known: str | None = None, **more: object) -> Row:
    outcome_at = day(known or at) if outcome else None
    return {"customer_id": "ann", "occurred_at": day(at), "outcome": outcome, "outcome_at": outcome_at, **more}


def answer(at: str, score: float, kind: str = "nps") -> Row:
    return {"customer_id": "ann", "occurred_at": day(at), "score": score, "kind": kind}


def test_contacts_are_counted_and_their_cost_summed() -> None:
    rows = [contact("2024-06-20", cost=2.5, channel="call"), contact("2024-01-20", cost=1.25, channel="mail")]
    found = features_at({"contacts": rows}, T)
    assert (found["contacts__count"], found["contacts__count_30d"]) == (2, 1)
    assert (found["contacts__cost"], found["contacts__cost_30d"]) == (3.75, 2.5)
    assert (found["contacts__count_channel_mail_365d"], found["contacts__channel_last"]) == (1, "call")
    assert found["contacts__days_since_last"] == 11.0


@pytest.mark.parametrize(("known", "accepted", "pending"), [("2024-06-25", 1, 0), ("2024-07-01", 0, 1)])
def test_the_outcome_of_a_contact_counts_from_its_own_time(known: str, accepted: int, pending: int) -> None:
    found = features_at({"contacts": [contact("2024-06-20", "accepted", known)]}, T)
    assert (found["contacts__accepted"], found["contacts__outcome_pending"]) == (accepted, pending)
    assert found["contacts__accepted_share"] == (1.0 if accepted else None)


def test_unanswered_contacts_in_a_row_begin_after_the_last_answered_one() -> None:
    rows = [contact("2024-05-01", "unreached"), contact("2024-05-02", "declined")]
    rows += [contact("2024-05-03", "unreached"), contact("2024-05-04", "unreached")]
    found = features_at({"contacts": rows}, T)
    assert found["contacts__unanswered_in_a_row"] == 2
    assert found["contacts__unreached_share"] == 0.75
    assert features_at({"contacts": rows[:1]}, T)["contacts__unanswered_in_a_row"] == 1


def test_contacts_held_out_as_control_are_no_treatment() -> None:
    rows = [contact("2024-06-20", arm="control"), contact("2024-06-21", arm="treat"), contact("2024-06-22", arm=None)]
    assert features_at({"contacts": rows}, T)["contacts__treated_share"] == 0.5


def test_falling_scores_show_against_the_one_before_of_the_same_kind() -> None:
    rows = [answer("2024-01-01", 9), answer("2024-02-01", 3, "csat"), answer("2024-06-20", 6), answer(T, 1)]
    found = features_at({"surveys": rows}, T)
    assert (found["surveys__count"], found["surveys__count_30d"]) == (3, 1)
    assert (found["surveys__score_last"], found["surveys__score_mean"], found["surveys__score_min"]) == (6, 6, 3)
    assert (found["surveys__change_last"], found["surveys__falls"]) == (-3, 1)
    assert (found["surveys__score_last_csat"], found["surveys__score_last_nps"]) == (3, 6)
    assert found["surveys__last_against_mean"] == 0


@pytest.mark.parametrize(("left", "count"), [("2024-06-30", 1), ("2024-07-01", 0)])
def test_an_earlier_defection_is_remembered_with_its_reason(left: str, count: int) -> None:
    rows = [{"customer_id": "ann", "occurred_at": day(left), "reason": "moved", "type": "self"}]
    found = features_at({"defections": rows}, T)
    assert found["defections__count"] == count
    assert (found["defections__type_last"], found["defections__reason_last"]) == (
        ("self", "moved") if count else (None, None)
    )
    assert found["defections__days_since_last"] == (1.0 if count else None)


@pytest.mark.parametrize("table", ["contacts", "surveys", "defections"])
def test_what_is_recorded_late_is_unknown_until_then(table: str) -> None:
    row = {"customer_id": "ann", "occurred_at": day("2024-06-01"), "known_at": day(T), "score": 1.0}
    row = {name: value for name, value in row.items() if name != "score" or table == "surveys"}
    assert features_at({table: [row]}, T)[f"{table}__count"] == 0
    assert features_at({table: [row]}, "2024-07-02")[f"{table}__count"] == 1
