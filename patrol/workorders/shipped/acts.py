"""The acts that ship: what may be done from which step, and by whom."""

from typing import Final

TEXT: Final = """\
# -- Acts: by whoever holds the step, unless `by` says who.

[[acts]]
kind = "settle"
name = { en = "Settle here", zh = "自行处置" }
from = ["grid", "community"]
to = "checking"
needs = ["photo"]

[[acts]]
kind = "climb"
name = { en = "Pass to the community", zh = "上报社区" }
from = ["grid"]
to = "community"
needs = ["reason"]

[[acts]]
kind = "climb"
name = { en = "Pass to the street", zh = "上报街道" }
from = ["community"]
to = "street"
needs = ["reason"]

[[acts]]
code = "whistle"
kind = "climb"
name = { en = "Whistle", zh = "吹哨" }
from = ["street"]
to = "district"
needs = ["reason"]

[[acts]]
kind = "dispatch"
name = { en = "Dispatch", zh = "派单" }
from = ["street", "district"]
to = "accepting"
needs = ["department"]

[[acts]]
kind = "accept"
name = { en = "Accept", zh = "报到" }
from = ["accepting"]
to = "resolving"

[[acts]]
kind = "resolve"
name = { en = "Resolved", zh = "处置完成" }
from = ["resolving"]
to = "feedback"
needs = ["photo", "text"]

[[acts]]
kind = "feed_back"
name = { en = "Tell the reporter", zh = "反馈上报人" }
from = ["feedback"]
to = "verifying"

[[acts]]
kind = "confirm"
name = { en = "Confirm on the spot", zh = "核查通过" }
from = ["verifying", "checking"]
to = "closed"
needs = ["photo"]

[[acts]]
kind = "fail"
name = { en = "Not done: back to the department", zh = "核查不通过" }
from = ["verifying"]
to = "resolving"
by = ["reporter", "community"]
needs = ["reason", "photo"]

[[acts]]
kind = "fail"
name = { en = "Not done: to the community", zh = "核对不通过" }
from = ["checking"]
to = "community"
by = ["reporter", "community"]
needs = ["reason", "photo"]

# Where nobody can go to the place.
[[acts]]
kind = "close"
name = { en = "Close without verification", zh = "直接结案" }
from = ["verifying", "checking"]
to = "closed"
by = ["street", "district"]
needs = ["reason", "photo"]

[[acts]]
kind = "return"
name = { en = "Return to the grid", zh = "退回网格" }
from = ["community"]
to = "grid"
needs = ["reason"]

[[acts]]
kind = "return"
name = { en = "Return to the community", zh = "退回社区" }
from = ["street"]
to = "community"
needs = ["reason"]

[[acts]]
kind = "return"
name = { en = "Return to the street", zh = "退回街道" }
from = ["district"]
to = "street"
needs = ["reason"]

[[acts]]
kind = "return"
name = { en = "Return to the district", zh = "退回区级" }
from = ["accepting", "resolving"]
to = "district"
needs = ["reason"]

[[acts]]
kind = "transfer"
name = { en = "Pass to another department", zh = "转派" }
from = ["accepting", "resolving"]
to = "accepting"
by = ["district"]
needs = ["department", "reason"]

[[acts]]
kind = "reopen"
name = { en = "Reopen", zh = "重新打开" }
from = ["closed"]
to = "street"
by = ["street", "district"]
needs = ["reason"]

# Whose clock runs does not stop it alone.
[[acts]]
kind = "pause"
name = { en = "Stop the clock", zh = "挂起" }
from = ["grid", "community"]
by = ["street"]
needs = ["reason"]

[[acts]]
kind = "resume"
name = { en = "Let the clock run", zh = "恢复" }
from = ["grid", "community"]
by = ["grid", "community", "street"]

[[acts]]
kind = "pause"
name = { en = "Stop the clock", zh = "挂起" }
from = ["resolving"]
by = ["district"]
needs = ["reason"]

[[acts]]
kind = "resume"
name = { en = "Let the clock run", zh = "恢复" }
from = ["resolving"]
by = ["department", "district"]

[[acts]]
kind = "classify"
name = { en = "Correct category, severity or grid", zh = "更正类别" }
from = ["grid", "community", "street", "district"]

[[acts]]
kind = "split"
name = { en = "Split off another matter", zh = "拆分" }
from = ["community", "street", "district"]

[[acts]]
kind = "merge"
name = { en = "Merge into another order", zh = "合并重复" }
from = ["grid", "community", "street", "district"]
to = "merged"
by = ["community", "street", "district"]

[[acts]]
kind = "cancel"
name = { en = "Cancel", zh = "作废" }
from = ["grid", "community", "street", "district", "accepting", "resolving"]
to = "cancelled"
by = ["community", "street", "district"]
needs = ["reason"]
"""
