"""Phrases of the complaint texts. Causes share openings, objects and endings, so no word gives one away."""

Grammar = dict[str, tuple[str, ...]]

# Slots: {thing}, {time}, {place}, {person}. One list a cause, in the order of `scenario.CAUSES`.
ENGLISH: tuple[tuple[str, ...], ...] = (
    (
        "your {person} cut me off {time} and would not listen",
        "I was spoken to like a child by the {person} at {place}",
        "the {person} laughed when I asked about the {thing}",
        "nobody at {place} even looked up, and the {person} sighed at my question",
        "{time} the {person} told me that the {thing} was my own problem",
        "the {person} hung up on me while I was explaining about the {thing}",
    ),
    (
        "the {thing} stopped working {time}",
        "my {thing} has failed again, the third time since {time}",
        "what arrived from {place} was damaged and the {thing} does not hold",
        "the {thing} drops out every evening in {place}",
        "there is a fault with the {thing} that your {person} could not repair",
        "I get half of what the {thing} is supposed to do",
    ),
    (
        "I need the {thing} to work abroad and you do not offer that",
        "why can I not have the {thing} delivered to {place} on Sundays",
        "your {thing} does not fit with the system we use, please add it",
        "the {person} says that a bigger {thing} is not on your list",
        "I asked {time} for an option with the {thing} and there is none",
        "other firms combine the {thing} with insurance, I expected the same from you",
    ),
    (
        "I followed my own idea when I set up the {thing} and now it is stuck",
        "the {thing} got wet {time} and will not start, please replace it",
        "my son pressed every button on the {thing} and it asks for a code",
        "I connected the {thing} the other way round, the {person} says",
        "after I opened the {thing} to clean it {time}, it went dark",
        "I never read the leaflet and used the {thing} outdoors",
    ),
    (
        "I was billed twice for the {thing}, or so it looks on the letter from {time}",
        "the {person} promised a free {thing} and now there is a line on my account",
        "I thought the {thing} was included until the end of the year",
        "the letter of {time} says I cancelled the {thing}, I did not",
        "I understood from {place} that the {thing} costs nothing for members",
        "why was the amount different from what I read about the {thing}",
    ),
    (
        "as I wrote in my last nine letters, the {thing} is not what it used to be",
        "once more I must report the {thing}, as every month",
        "again the {thing}, again {place}, again no order at all",
        "I keep a list of your mistakes, and number forty is the {thing}",
        "this is my usual note on the {thing} and on your {person}",
        "you know me by now: the {thing} was late by a minute {time}",
    ),
    (
        "I am fed up with everything, from the {thing} to the weather at {place}",
        "it was a terrible day {time} and then the {thing} as well",
        "I just want somebody to hear how tired I am of all this",
        "everything is going wrong this year and you are part of it",
        "no one cares any more, not at {place}, not anywhere",
        "I am so angry that I could throw the {thing} out of the window",
    ),
)
CHINESE: tuple[tuple[str, ...], ...] = (
    (
        "{time}你们的{person}态度很差,话没听完就打断我",
        "{place}的{person}对我爱理不理",
        "我问{thing}的事,{person}居然笑我",
        "{person}说{thing}是我自己的问题,直接挂了电话",
        "在{place}等了半天,没人理会",
    ),
    (
        "{thing}{time}又坏了",
        "从{place}收到的{thing}有破损",
        "{thing}用了没几天就不能用",
        "{place}的{thing}每天晚上都中断",
        "{thing}达不到说明上的标准,{person}修了也没用",
    ),
    (
        "希望{thing}能在国外使用,你们没有这个服务",
        "为什么{thing}不能周日送到{place}",
        "{thing}和我们公司的系统不配套,请增加",
        "{person}说没有更大的{thing},别家都有",
        "{time}我想加一个{thing}的选项,被告知没有",
    ),
    (
        "我自己装的{thing},现在打不开",
        "{thing}{time}进了水,要求更换",
        "孩子乱按{thing},现在要密码",
        "{person}说我把{thing}接反了",
        "没看说明书,在室外用了{thing},结果黑屏",
    ),
    (
        "账单上{thing}好像收了两次",
        "{person}说过{thing}免费,现在却有一笔费用",
        "我以为{thing}包含到年底",
        "{time}的通知说我退订了{thing},我没有",
        "在{place}听说会员用{thing}不要钱,怎么扣了",
    ),
    (
        "我每个月都要写一次,还是{thing}",
        "又是{thing},又是{place},你们总是这样",
        "上次、上上次都说过{thing},这次再说一遍",
        "老规矩,{thing}和{person}我都要提意见",
        "你们知道我是谁,{thing}{time}又晚了一分钟",
    ),
    (
        "最近什么都不顺,{thing}也来添乱",
        "心里很烦,就想找人说说",
        "{time}够糟的了,再加上{thing},真受不了",
        "没有人在乎,{place}也一样",
        "气得我想把{thing}扔出去",
    ),
)
SLOTS_ENGLISH: Grammar = {
    "thing": ("router", "line", "invoice", "parcel", "card", "tariff", "account", "device", "subscription", "app"),
    "time": ("yesterday", "last week", "on Monday", "two days ago", "this morning", "in March", "since the update"),
    "place": ("the shop", "your hotline", "the station", "our office", "the counter", "my street"),
    "person": ("clerk", "technician", "agent", "manager", "courier", "colleague"),
}
SLOTS_CHINESE: Grammar = {
    "thing": ("路由器", "线路", "账单", "包裹", "会员卡", "套餐", "账户", "设备", "订阅", "应用"),
    "time": ("昨天", "上周", "周一", "前天", "今天早上", "三月份", "升级以后"),
    "place": ("营业厅", "客服热线", "车站店", "我们公司", "柜台", "我家那条街"),
    "person": ("店员", "技术员", "客服", "经理", "快递员", "同事"),
}
OPENINGS_ENGLISH = ("Hello, ", "Dear team, ", "", "", "To whom it may concern: ", "I am writing because ", "Again: ")
OPENINGS_CHINESE = ("你好,", "您好,", "", "", "请转告负责人:", "我要投诉:", "再次反映:")
CLOSINGS_ENGLISH = (
    ".", ". Please call me back.", ". I expect an answer today.", ". Thank you.", ". I have been a customer for years.",
    ". What will you do about it?",
)  # fmt: skip
CLOSINGS_CHINESE = ("。", "。请回电。", "。希望今天答复。", "。谢谢。", "。我是多年的老客户了。", "。你们怎么解决?")
URGENT_ENGLISH = (" This is serious!", " We cannot work like this.", " I have lost money over it.")
URGENT_CHINESE = ("问题很严重!", "我们没法正常工作。", "已经造成损失。")
REMARKS = (
    ("disappointed", "not what I hoped for", "不满意", "服务需要改进"),
    ("fine", "does what it should", "还可以", "一般"),
    ("very happy", "would recommend", "很满意", "会推荐给朋友"),
)
