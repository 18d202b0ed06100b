"""The categories that ship, with their working guides."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own

from typing import Final

TEXT: Final = """\

# -- Categories: things and places, never somebody. The guide is what workers read on the way.

[[categories]]
code = "manhole"
name = { en = "Manhole cover", zh = "井盖" }
concern = "component"
severity = "high"
[categories.guide]
look_at = { en = "Missing, broken, sunken, rattling or open covers; which network the cover names.", zh = "缺失、破损、下沉、松动或敞开的井盖；井盖上标明的权属。" }
photograph = { en = "The cover with its lettering, and the whole place with something that shows where it is.", zh = "井盖及字样近照；能看出位置的全景。" }
climb_when = { en = "Always when open or missing: secure the place first, then let it climb at once.", zh = "敞开或缺失时：先设置围挡，立即上报。" }

[[categories]]
code = "lamp"
name = { en = "Street lamp", zh = "路灯" }
concern = "component"
severity = "normal"
[categories.guide]
look_at = { en = "Dark, flickering or burning by day; leaning posts, open doors, bare wires.", zh = "不亮、闪烁或白天常亮；灯杆倾斜、检修门敞开、线路裸露。" }
photograph = { en = "The post with its number, and the street on both sides of it.", zh = "灯杆编号；灯杆两侧街景。" }
climb_when = { en = "Always: a department repairs lamps. With bare wires as urgent.", zh = "均需上报，由部门维修；线路裸露按紧急上报。" }

[[categories]]
code = "road"
name = { en = "Road and pavement", zh = "道路" }
concern = "component"
severity = "normal"
[categories.guide]
look_at = { en = "Holes, sunken slabs, broken kerbs, blocked tactile paving, missing signs and barriers.", zh = "坑洞、塌陷、路缘石破损、盲道占用、标志护栏缺失。" }
photograph = { en = "The damage with something that shows its size, and the whole road.", zh = "带参照物的破损近照；道路全景。" }
climb_when = { en = "When it is more than sweeping or moving something aside.", zh = "清扫或挪移不能解决时。" }

[[categories]]
code = "greenery"
name = { en = "Greenery", zh = "绿化" }
concern = "component"
severity = "low"
[categories.guide]
look_at = { en = "Broken branches, leaning or dead trees, trampled beds, broken sprinklers.", zh = "断枝、倾斜或枯死树木、绿地踩踏、喷灌损坏。" }
photograph = { en = "The plant with its tag, and what it could fall on.", zh = "植物及挂牌；可能砸到的区域。" }
climb_when = { en = "When it hangs over a way or a wire, or needs tools.", zh = "悬于道路或线路上方，或需要工具时。" }

[[categories]]
code = "hygiene"
name = { en = "Hygiene", zh = "环境卫生" }
concern = "event"
severity = "normal"
[categories.guide]
look_at = { en = "Rubbish, overflowing bins, dumped rubble, dirty water, dead animals.", zh = "垃圾堆积、垃圾桶满溢、倾倒渣土、污水、动物尸体。" }
photograph = { en = "The place before, and after it is cleaned; plates and faces out of the picture.", zh = "清理前后各一张；避开人脸和车牌。" }
climb_when = { en = "When it cannot be cleaned on the round, or comes back at the same place.", zh = "巡查中无法清理，或同一地点反复出现时。" }

[[categories]]
code = "fire_safety"
name = { en = "Fire safety", zh = "消防安全" }
concern = "event"
severity = "high"
[categories.guide]
look_at = { en = "Blocked stairwells and fire lanes, locked exits, empty extinguishers, charging in stairwells.", zh = "楼道和消防通道堵塞、出口上锁、灭火器失效、楼道充电。" }
photograph = { en = "What blocks the way, and the way as a whole; hydrants and extinguishers with their numbers.", zh = "堵塞物及通道全景；消防栓、灭火器编号。" }
climb_when = { en = "When it cannot be cleared at once. With smoke or gas call the fire brigade first.", zh = "无法当场清除时；有烟或燃气味先报火警。" }

[[categories]]
code = "construction"
name = { en = "Building site", zh = "施工" }
concern = "event"
severity = "normal"
[categories.guide]
look_at = { en = "Sites without fence or sign, falling material, open pits, building where none is permitted.", zh = "无围挡或公示牌、高空坠物、敞开坑洞、违规搭建。" }
photograph = { en = "The site from outside with its sign, and the danger.", zh = "施工现场外景、公示牌及隐患。" }
climb_when = { en = "Always when somebody could be hurt, and for whatever needs a permission.", zh = "可能伤人或涉及审批时均需上报。" }

[[categories]]
code = "dispute_help"
name = { en = "Help at a disputed place", zh = "纠纷协助" }
concern = "event"
severity = "normal"
[categories.guide]
look_at = { en = "Which thing or place it is about: a shared wall, a parking space, water, noise. Nothing else is noted.", zh = "仅记录涉及的物或地点：共用墙、车位、漏水、噪声。其他一律不记。" }
photograph = { en = "The thing or the place alone.", zh = "仅拍物或地点。" }
climb_when = { en = "When a mediator is wanted: the order asks for one to come to the place.", zh = "需要调解员时上报，请其到场。" }

[[categories]]
code = "service_request"
name = { en = "Service at a place", zh = "便民服务" }
concern = "event"
severity = "low"
[categories.guide]
look_at = { en = "What is wanted at which place: a ramp, a bench, a handrail, a notice board, clearing.", zh = "某处需要的设施或服务：坡道、座椅、扶手、公告栏、清理。" }
photograph = { en = "The place as it is.", zh = "现场现状。" }
climb_when = { en = "When it needs money, tools or a permission.", zh = "需要经费、工具或审批时。" }

[[categories]]
code = "emergency"
name = { en = "Emergency", zh = "突发事件" }
concern = "event"
severity = "urgent"
[categories.guide]
look_at = { en = "Fire, flood, collapse, gas, falling parts. Call for help first, report afterwards, keep away.", zh = "火灾、积水、坍塌、燃气泄漏、坠物。先呼救，后上报，保持距离。" }
photograph = { en = "From a safe distance, the place as a whole; nobody who is hurt.", zh = "在安全距离拍摄全景；不拍伤者。" }
climb_when = { en = "Always, at once.", zh = "立即上报。" }

[[categories]]
code = "other_matter"
name = { en = "Other thing or place", zh = "其他" }
concern = "event"
severity = "normal"
[categories.guide]
look_at = { en = "Whatever is wrong with a thing or a place and has no category of its own.", zh = "无对应类别的物或地点问题。" }
photograph = { en = "The thing, and the place as a whole.", zh = "问题近照及现场全景。" }
climb_when = { en = "When it is not clear who is responsible.", zh = "责任不明时。" }
"""
