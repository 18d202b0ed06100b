/** Both languages have every word, with the same values in it. */
import { expect, it } from "vitest";
import { DAY_WORDS } from "../src/day/words";
import { FINDINGS_WORDS } from "../src/findings/words";
import { IMPORTS_WORDS } from "../src/imports/words";
import { LIST_WORDS } from "../src/inbox/words";
import { LOG_WORDS } from "../src/log/words";
import { ORDERS_WORDS } from "../src/orders/words";
import { OWN_WORDS } from "../src/own/words";
import { SUMS_WORDS } from "../src/sums/words";

const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

it.each([["day", DAY_WORDS], ["own", OWN_WORDS], ["sums", SUMS_WORDS], ["inbox", LIST_WORDS], ["findings", FINDINGS_WORDS], ["orders", ORDERS_WORDS], ["imports", IMPORTS_WORDS], ["log", LOG_WORDS]] as const)("the words of %s are complete in both languages", (_, tables) => {
  const [en, zh]: Record<string, string>[] = [tables.en, tables.zh];

  expect(Object.keys(zh ?? {}).sort()).toEqual(Object.keys(en ?? {}).sort());
  for (const [key, text] of Object.entries(en ?? {})) {
    expect([key, values(zh?.[key] ?? "")]).toEqual([key, values(text)]);
    expect([key, /\p{Script=Han}/u.test(zh?.[key] ?? "")]).toEqual([key, true]);
  }
});
