"""The named companies. Each states only what differs from `telecom`."""

from dataclasses import replace

from pipeline.simulator.scenario import (
    ACTIONS,
    Hazard,
    Policy,
    Population,
    Scenario,
    Sliding,
    Spending,
    Terms,
    Trouble,
)

NO_EFFECT = (0.0, 0.0, 0.0, 0.0)  # on each type

TELECOM = Scenario("telecom")

# No contract binds: prior purchases and fading spend carry what terms carry in telecom.
RETAIL = Scenario(
    "retail",
    population=Population(enterprise_share=0.03),
    terms=Terms(months=(), shares=(), late_payment_rate=0.0),
    spending=Spending(
        monthly_median=60.0, log_sd=0.7, margin_share=0.3, purchases_per_month=1.8, return_rate=0.05,
        slide_in_bill=1.0, season=0.2,
    ),
    sliding=Sliding(start_rate=0.03, step=0.6, stop_rate=0.1),
    hazard=Hazard(
        base=(-6.9, -6.4, -6.4, -6.5), slide=1.5, prior_purchases=-0.3, fault=1.2, complaint=1.2, open_complaint=1.0,
    ),
)  # fmt: skip

# Few, large customers. They complain more often to the firm: 75 % (DOMAIN 2).
B2B = Scenario(
    "b2b",
    population=Population(enterprise_share=1.0, regions=5, prior_tenure_years=6.0),
    terms=Terms(months=(12, 24, 36), shares=(0.5, 0.35, 0.15), locked=-1.3, last_month=2.2),
    spending=Spending(monthly_median=400.0, enterprise_factor=5.0, log_sd=1.0, margin_share=0.35),
    trouble=Trouble(report_rate=0.75, fault_rate=0.09),
    hazard=Hazard(base=(-6.2, -6.0, -5.4, -6.0), fault=2.0, complaint=1.2, open_complaint=0.8, moving=0.0),
)

# Complaints are noise here: nothing that leads to them or follows from them moves the hazard. So the policy does not
# go where complaints are, and an apology, which works only after one, does nothing.
QUIET = Scenario(
    "quiet",
    trouble=Trouble(mood_on_complaints=0.0, mood_fall=0.0),
    policy=Policy(
        follows_complaints=False,
        effects=tuple(
            NO_EFFECT if action == "recovery" else effects
            for action, effects in zip(ACTIONS, Policy().effects, strict=True)
        ),
    ),
    hazard=Hazard(fault=0.0, complaint=0.0, open_complaint=0.0, slow=0.0, base=(-6.1, -5.5, -5.5, -5.7)),
)

# Voice against exit (Hirschman 1970): those who complain stay more often, the silent ones leave.
VOICE = Scenario(
    "voice",
    hazard=Hazard(complaint=-1.4, open_complaint=-0.4, slow=-0.1, fault=2.8, base=(-6.1, -5.8, -5.5, -5.7)),
)

NO_UPLIFT = replace(TELECOM, name="no_uplift", policy=Policy(effects=(NO_EFFECT,) * len(ACTIONS)))

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for scenario in (TELECOM, RETAIL, B2B, QUIET, VOICE, NO_UPLIFT)
}
