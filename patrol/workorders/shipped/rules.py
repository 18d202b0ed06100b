"""The rules that ship: reasons, limits, escalations, and what is near."""

from typing import Final

TEXT: Final = """\

# -- Reasons

[[reasons]]
code = "beyond_means"
name = { en = "beyond the means here", zh = "超出本级处置能力" }
acts = ["climb"]

[[reasons]]
code = "not_competent"
name = { en = "others are responsible", zh = "不属本级职责" }
acts = ["climb", "return", "transfer"]

[[reasons]]
code = "place_unclear"
name = { en = "the place cannot be found", zh = "地点不明" }
acts = ["return", "cancel"]

[[reasons]]
code = "photo_unclear"
name = { en = "the photo shows too little", zh = "照片不清" }
acts = ["return"]

[[reasons]]
code = "can_be_settled"
name = { en = "can be settled there", zh = "可就地处置" }
acts = ["return"]

[[reasons]]
code = "nothing_found"
name = { en = "nothing is wrong there", zh = "现场无此问题" }
acts = ["cancel"]

[[reasons]]
code = "outside_the_district"
name = { en = "outside the district", zh = "不在辖区" }
acts = ["cancel"]

[[reasons]]
code = "test"
name = { en = "a test or training", zh = "测试或培训" }
acts = ["cancel"]

[[reasons]]
code = "not_done"
name = { en = "not done", zh = "未处置" }
acts = ["fail", "reopen"]

[[reasons]]
code = "partly_done"
name = { en = "done in part", zh = "处置不彻底" }
acts = ["fail", "reopen"]

[[reasons]]
code = "again_wrong"
name = { en = "wrong again", zh = "问题复发" }
acts = ["fail", "reopen"]

[[reasons]]
code = "waits_for_material"
name = { en = "waits for material", zh = "等待材料" }
acts = ["pause"]

[[reasons]]
code = "waits_for_weather"
name = { en = "waits for the weather", zh = "等待天气" }
acts = ["pause"]

[[reasons]]
code = "waits_for_permission"
name = { en = "waits for a permission", zh = "等待审批" }
acts = ["pause"]

[[reasons]]
code = "not_accessible"
name = { en = "the place cannot be entered", zh = "现场无法进入" }
acts = ["close", "pause"]

[[reasons]]
code = "photo_suffices"
name = { en = "the photo shows it", zh = "照片足以证明" }
acts = ["close"]

# -- Limits: of those that fit, the last one holds. "8 working h" is time of the calendar,
# -- "8 h" is time of the clock.

[[limits]]
within = "4 working h"

[[limits]]
within = "8 working h"
levels = ["grid", "community"]

[[limits]]
within = "24 working h"
steps = ["resolving"]

[[limits]]
within = "16 working h"
steps = ["verifying", "checking"]

[[limits]]
within = "2 h"
severities = ["urgent"]

[[limits]]
within = "8 h"
severities = ["urgent"]
steps = ["resolving", "verifying", "checking"]

# Of the whole order, from its opening: by these the measures are counted.
[[limits]]
within = "40 working h"
until = "handled"

[[limits]]
within = "64 working h"
until = "closed"

[[limits]]
within = "24 h"
until = "handled"
severities = ["urgent"]

[[limits]]
within = "48 h"
until = "closed"
severities = ["urgent"]

# -- Escalations: what time does to what is overdue. Without `to` an order stays, and a level is told.

[[escalations]]
steps = ["grid"]
after = "2 working h"
tells = "community"

[[escalations]]
steps = ["grid"]
after = "8 working h"
to = "community"
tells = "street"

[[escalations]]
steps = ["community"]
after = "8 working h"
to = "street"
tells = "district"

[[escalations]]
steps = ["street"]
after = "8 working h"
to = "district"
tells = "district"

[[escalations]]
steps = ["district", "accepting", "resolving"]
after = "1 working h"
every = "8 working h"
times = 5
tells = "district"

[[escalations]]
steps = ["feedback", "verifying", "checking"]
after = "8 working h"
every = "16 working h"
times = 3
tells = "street"

# -- Which grid a report is of, when a position alone tells it.
[placing]
least_share = 0.8
walking_mps = 1.2

# -- Which reports of one category may be about one matter; people decide.
[duplicates]
radius_m = 50
within = "7 d"

# -- What is noted as near enough to a place. It refuses nothing.
[verification]
within_m = 50
oldest_fix = "10 min"
# Reporters may verify what they settled themselves.
own_settled = true

# Quotas are off. With them, duplicates and reports that nobody else touched are shown beside:
# [quota]
# valid_reports_a_month = 10
"""
