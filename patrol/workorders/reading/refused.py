"""Words that ask who somebody is: refused in whatever a workflow names or prompts for.

A report is about a thing or a place. What is collected of people by habit begins with a category,
a name or a guide that invites it, so these are where it is stopped.
"""

import re
import unicodedata
from typing import Final

from patrol.errors import InputError

# Parts of words in English, words between letters of other words excepted.
_ENGLISH: Final = re.compile(
    r"(?<![a-z])(?:residents?|tenants?|occupants?|inhabitants?|householders?|migrants?|"
    r"petition\w*|complain\w*|grievances?|informants?|suspects?|offenders?|convicts?|"
    r"religi\w*|faiths?|beliefs?|believ\w*|worship\w*|ethnic\w*|nationalit\w*|races?|"
    r"politic\w*|opinions?|party members?|dissent\w*|"
    r"names? of (?:a |the )?(?:person|people|family)|full name|surname|identity|"
    r"id (?:card|number)s?|passports?|phone|telephone|birthdays?|date of birth|gender|marital|"
    r"illness\w*|diseases?|patients?|disab\w+|mental\w*|health status|addict\w*|drug users?|"
    r"criminal\w*|probation\w*|stability (?:maintenance|control)|key (?:persons?|people)|"
    r"persons? of interest)(?![a-z])"
)
_CHINESE: Final = (
    "姓名",
    "身份",
    "证件号",
    "电话",
    "手机号",
    "微信号",
    "户籍",
    "户口",
    "暂住",
    "流动人口",
    "外来人员",
    "民族",
    "宗教",
    "信仰",
    "信教",
    "教徒",
    "政治",
    "党派",
    "言论",
    "思想动态",
    "信访",
    "上访",
    "投诉",
    "诉求",
    "举报",
    "重点人",
    "重点人员",
    "维稳",
    "稳控",
    "前科",
    "刑满",
    "矫正人员",
    "吸毒",
    "涉毒",
    "涉邪",
    "精神病",
    "精神障碍",
    "病史",
    "患者",
    "残疾",
    "低保",
    "性别",
    "年龄",
    "婚姻",
    "生育",
    "居民信息",
    "住户信息",
    "人员信息",
    "家庭成员",
)


def check_is_of_places(text: str, *, where: str) -> None:
    """Raise InputError when a code, a name or a prompt asks who somebody is."""
    # Letters of full width are other letters and the same words.
    plain = unicodedata.normalize("NFKC", text).lower().replace("_", " ")
    found = _ENGLISH.search(plain)
    word = found[0] if found else next((one for one in _CHINESE if one in plain), None)
    if word is not None:
        raise InputError(
            f"{where} says {word!r}: a work order is about things and places, never about who "
            "somebody is, believes or has complained of; name the thing or the place"
        )
