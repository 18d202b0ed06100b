/** The worker's own view on a phone: explain, appeal, see who looked, take the own data. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launch();
  page = await enter(browser, { account: "li", language: "zh", theme: "dark", width: 360 });
});
afterAll(async () => { await browser.close(); });

describe("a worker on a phone", () => {
  it("sees the own day at once, and is offered no room about others", async () => {
    await page.getByTestId("standing").waitFor();

    for (const room of ["实时地图", "工作日", "考核结果"]) {
      expect(await page.getByRole("link", { name: room, exact: true }).count()).toBe(0);
    }
    await expectWhole(page, "own-zh-dark-360");
  });

  it("explains a finding, once more before it is decided", async () => {
    const first = page.locator("[data-finding]").first();
    await first.getByRole("button", { name: "说明情况" }).click();
    await first.locator("textarea").fill("终端放在车里了。");
    await first.getByRole("button", { name: "提交" }).click();
    await expect.poll(() => first.getAttribute("data-status")).toBe("explained");

    expect(await first.textContent()).toContain("终端放在车里了。");
    expect(await first.getByRole("button", { name: "说明情况" }).count()).toBe(1);
  });

  it("appeals against the day, and finds the appeal", async () => {
    await page.getByRole("button", { name: "对当天结果提出申诉" }).click();
    await page.locator("textarea").last().fill("下午终端没电了。");
    await page.getByRole("button", { name: "提交" }).click();
    await expect.poll(() => page.getByRole("button", { name: "对当天结果提出申诉" }).count()).toBe(0);
    await page.getByRole("button", { name: "我的申诉" }).click();

    await expect.poll(() => page.locator(".cards").textContent()).toContain("下午终端没电了。");
    await expectWhole(page, "own-appeals-zh-dark-360");
  });

  it("sees who looked, and takes a copy of everything", async () => {
    await page.getByRole("button", { name: "谁看过" }).click();
    await expect.poll(() => page.locator(".cards").textContent()).toContain("您本人");
    await expectWhole(page, "own-looked-zh-dark-360");
    await page.getByRole("button", { name: "我的数据" }).click();
    await page.getByRole("heading", { name: "保存多久" }).waitFor();
    await expectWhole(page, "own-data-zh-dark-360");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /副本/ }).click()]);

    expect(download.suggestedFilename()).toBe("W01.zip");
  });
});
