"""What a person can act on: the themes that reasons are grouped by."""

from features.wording.phrase import Theme

OPEN = Theme("open_complaint", "open complaint", "未解决的投诉")
SPEED = Theme("complaint_speed", "speed of answers and resolutions", "投诉处理速度")
COMPLAINTS = Theme("complaints", "complaints", "投诉")
WORDS = Theme("complaint_words", "what complaints are about", "投诉的内容")
SETTLEMENT = Theme("complaint_settlement", "how complaints were settled", "投诉处理结果")
SILENCE = Theme("silence", "longer silence than usual", "比平时更久没有购买")
SPENDING = Theme("spending", "spending", "消费金额")
PURCHASES = Theme("purchases", "purchases", "购买次数")
BREADTH = Theme("breadth", "breadth of what is bought", "购买范围")
RETURNS = Theme("returns", "returns", "退货")
PRICE = Theme("price", "price", "价格")
RENEWAL = Theme("renewal", "end of the contract and renewal", "合同到期与续约")
PAYMENT = Theme("payment", "payment", "付款")
CONTRACTS = Theme("contracts", "plan and contract", "套餐与合同")
TENURE = Theme("tenure", "time as a customer", "客户年限")
CONTACTS = Theme("contacts", "our contacts", "客户接触")
SURVEYS = Theme("surveys", "survey answers", "满意度调查")
DEFECTIONS = Theme("defections", "earlier defections", "曾经流失")
