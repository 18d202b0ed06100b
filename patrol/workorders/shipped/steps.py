"""The steps that ship: levels, where an order can be, and the working calendar."""

from typing import Final

TEXT: Final = """\
# How what is reported is handled: five levels, from the grid to the departments of the district.
# Every key is explained in docs/reference/work-orders.md. A changed workflow is a new version;
# orders keep the version with which they were opened.
version = 1
name = { en = "Five levels", zh = "五级联动" }

# Where a report begins, and one whose grid is not known.
opens_at = "grid"
opens_unplaced_at = "district"
unknown_category = "other_matter"
# The last fifth of a limit is "due soon".
due_soon_share = 0.2

[calendar]
time_zone = "Asia/Shanghai"
monday = ["08:30-12:00", "13:30-17:30"]
tuesday = ["08:30-12:00", "13:30-17:30"]
wednesday = ["08:30-12:00", "13:30-17:30"]
thursday = ["08:30-12:00", "13:30-17:30"]
friday = ["08:30-12:00", "13:30-17:30"]
# Give the deployment's own, each year: holidays = [2026-10-01, 2026-10-02]
holidays = []

# Days that are worked instead: "2026-10-10" = ["08:30-12:00", "13:30-17:30"]
[calendar.extra_days]

# -- Levels: who they are follows from roles in the grid, in the areas above it, in departments.

[[levels]]
code = "grid"
name = { en = "Grid", zh = "网格" }

[[levels]]
code = "community"
name = { en = "Community", zh = "社区" }
area = "community"

[[levels]]
code = "street"
name = { en = "Street", zh = "街道" }
area = "street"

[[levels]]
code = "district"
name = { en = "District", zh = "区" }
area = "district"

[[levels]]
code = "department"
name = { en = "Department", zh = "部门" }

# -- Steps

[[steps]]
code = "grid"
name = { en = "In the grid", zh = "网格处置" }
kind = "handle"
level = "grid"
held_by = "grid"

[[steps]]
code = "community"
name = { en = "In the community", zh = "社区处置" }
kind = "handle"
level = "community"
held_by = "community"

[[steps]]
code = "street"
name = { en = "Street: whistle", zh = "街道吹哨" }
kind = "dispatch"
level = "street"
held_by = "street"

[[steps]]
code = "district"
name = { en = "District: dispatch", zh = "区级派单" }
kind = "dispatch"
level = "district"
held_by = "district"

[[steps]]
code = "accepting"
name = { en = "Department: accept", zh = "部门报到" }
kind = "accept"
level = "department"
held_by = "department"

[[steps]]
code = "resolving"
name = { en = "Department: resolve", zh = "部门处置" }
kind = "resolve"
level = "department"
held_by = "department"

[[steps]]
code = "feedback"
name = { en = "Feedback", zh = "结果反馈" }
kind = "feedback"
level = "street"
held_by = "street"

# What a department resolved.
[[steps]]
code = "verifying"
name = { en = "Verification on the spot", zh = "现场核查" }
kind = "verify"
level = "grid"
held_by = "reporter"

# What was settled in the grid or the community.
[[steps]]
code = "checking"
name = { en = "Check on the spot", zh = "现场核对" }
kind = "verify"
level = "grid"
held_by = "reporter"

[[steps]]
code = "closed"
name = { en = "Closed", zh = "已结案" }
kind = "closed"

[[steps]]
code = "cancelled"
name = { en = "Cancelled", zh = "已作废" }
kind = "cancelled"

[[steps]]
code = "merged"
name = { en = "Merged", zh = "已合并" }
kind = "merged"

"""
