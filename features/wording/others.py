"""Words for contacts, surveys, earlier defections and tenure."""

from features.wording.phrase import Rule
from features.wording.themes import CONTACTS, DEFECTIONS, SURVEYS, TENURE

CONTACT_RULES = (
    Rule("count", CONTACTS, "接触次数"),
    Rule("days_since_last", CONTACTS, "距最近一次接触"),
    Rule("days_since_first", CONTACTS, "距第一次接触"),
    Rule("unanswered_in_a_row", CONTACTS, "连续未获回应的接触"),
    Rule("unreached_share", CONTACTS, "未能联系到的比例"),
    Rule("accepted_share", CONTACTS, "接受提议的比例"),
    Rule("accepted", CONTACTS, "接受提议的次数"),
    Rule("treated_share", CONTACTS, "非对照组的接触比例"),
    Rule("outcome_pending", CONTACTS, "结果未知的接触"),
    Rule("outcome_last", CONTACTS, "最近一次接触的结果", "outcome of the last contact"),
    Rule("channel_last", CONTACTS, "最近一次接触的渠道", "channel of the last contact"),
    Rule("action_last", CONTACTS, "最近一次接触的措施", "action of the last contact"),
    Rule("cost", CONTACTS, "接触费用"),
    Rule("count_outcome_(.+)", CONTACTS, "结果为{1}的接触次数"),
    Rule("count_(.+)", CONTACTS, "接触次数（{1}）"),
    Rule("(.+)", CONTACTS, "接触的{1}"),
)
SURVEY_RULES = (
    Rule("score_last", SURVEYS, "最近一次评分", usual="surveys__score_mean"),
    # No usual value: kinds of survey have scales of their own.
    Rule("score_last_(.+)", SURVEYS, "最近一次{1}评分"),
    Rule("score_mean", SURVEYS, "平均评分"),
    Rule("score_min", SURVEYS, "最低评分"),
    Rule("score_max", SURVEYS, "最高评分"),
    Rule("last_against_mean", SURVEYS, "最近一次评分与平均之差", "last score against the own mean"),
    Rule("change_last", SURVEYS, "最近一次评分的变化", "change of the last score"),
    Rule("falls", SURVEYS, "评分下降的次数"),
    Rule("count", SURVEYS, "回答调查的次数"),
    Rule("days_since_last", SURVEYS, "距最近一次回答"),
    Rule("(.+)", SURVEYS, "调查的{1}"),
)
DEFECTION_RULES = (
    Rule("count", DEFECTIONS, "流失次数"),
    Rule("days_since_last", DEFECTIONS, "距最近一次流失"),
    Rule("reason_last", DEFECTIONS, "最近一次流失的原因"),
    Rule("type_last", DEFECTIONS, "最近一次流失的类型"),
    Rule("(.+)", DEFECTIONS, "流失的{1}"),
)
CUSTOMER_RULES = (Rule("tenure_days", TENURE, "成为客户的时间"),)
