/** Words of lists of what waits, in each language. */
const en = {
  key_move: "move",
  key_space: "Space",
  key_choose: "choose",
  key_all: "choose all",
  key_none: "choose none",
  chosen: "{count} chosen",
  choose: "Choose for several",
  unchoose: "Choose no longer",
  choose_none: "Choose none",
  read_again: "Read again",
  reading: "Reading",
  more: "More",
  forbidden: "Your roles do not show this.",
  failed: "The server does not answer. Try again.",
  photo_wait: "Photo has not come yet",
  photo_hidden: "Photo cannot be shown",
};

export type ListKey = keyof typeof en;

const zh: Record<ListKey, string> = {
  key_move: "移动",
  key_space: "空格",
  key_choose: "选择",
  key_all: "全选",
  key_none: "取消选择",
  chosen: "已选 {count} 项",
  choose: "加入批量选择",
  unchoose: "移出批量选择",
  choose_none: "取消选择",
  read_again: "重新读取",
  reading: "正在读取",
  more: "更多",
  forbidden: "您的角色不能查看此内容。",
  failed: "服务器没有响应，请重试。",
  photo_wait: "照片尚未到达",
  photo_hidden: "照片无法显示",
};

export const LIST_WORDS = { en, zh } as const;
