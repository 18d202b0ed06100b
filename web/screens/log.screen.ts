/** The access log, for who watches over it: a look is in it as soon as it was taken. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
const { day } = inject("served");
beforeAll(async () => {
  browser = await launch();
  const page = await enter(browser, { account: "chen", hash: `day?worker=W03&day=${day}` });
  await page.getByTestId("standing").waitFor();
  await page.context().close();
});
afterAll(async () => { await browser.close(); });

describe("the access log", () => {
  it.each([["en", "light", 1280], ["zh", "dark", 360], ["zh", "light", 2560]] as const)("is whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "auditor", hash: "log", language, theme, width });
    await page.locator("table tbody tr").first().waitFor();

    await expectWhole(page, `log-${language}-${theme}-${width}`);
    await page.context().close();
  });

  it("tells who looked at what of whom", async () => {
    const page = await enter(browser, { account: "auditor", hash: "log" });
    await page.locator("input[name=worker]").fill("W03");
    await page.locator("input[name=worker]").press("Enter");

    await expect.poll(() => page.locator("tbody").first().textContent()).toMatch(/chen.*(Track|Worker-day).*W03/);
    expect(await page.locator("tbody td:nth-child(4)").allTextContents()).not.toContain("W01");
    await page.context().close();
  });

  it("is not offered to who is not to read it", async () => {
    const page = await enter(browser, { account: "chen", hash: "log" });

    expect(await page.getByRole("link", { name: "Access log" }).count()).toBe(0);
    await page.context().close();
  });
});
