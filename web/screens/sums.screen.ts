/** Results: counts with their denominators, and a month that leads to its days. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });
const { day } = inject("served");

describe("results", () => {
  it("are counted by area with what they are a part of, and leave as a file", async () => {
    const page = await enter(browser, { account: "chen", hash: "sums" });
    await page.getByLabel("From", { exact: true }).fill(`${day.slice(0, 7)}-01`);
    await page.locator("select").first().selectOption("area");
    await page.getByRole("row", { name: /City \(C\)/ }).waitFor();

    expect(await page.getByRole("row", { name: /City \(C\)/ }).textContent()).toContain("3 of 3");
    expect(await page.locator("tbody th").allTextContents()).toEqual(["City (C)", "East (D1)", "West (D2)"]);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "These rows (CSV)" }).click()]);
    expect(download.suggestedFilename()).toMatch(/^compliance-area-.*\.csv$/);
    await page.context().close();
  });

  it("of a month stand by worker, each day leads to its evidence, and the month is a file", async () => {
    const page = await enter(browser, { account: "chen", hash: "sums" });
    await page.getByRole("button", { name: "Month", exact: true }).click();
    await page.getByLabel("Month").fill(day.slice(0, 7));
    await page.locator("table.month").waitFor();

    expect(await page.locator("tbody th small").allTextContents()).toEqual(["W01", "W02", "W03"]);
    for (const name of ["Month (XLSX)", "Month to print (PDF)"]) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      expect(download.suggestedFilename()).toMatch(/^compliance-\d{4}-\d{2}\.(xlsx|pdf)$/);
    }
    await page.locator("td a").first().click();
    await page.getByTestId("standing").waitFor();
    expect(page.url()).toContain(`worker=W01&day=${day}`);
    await page.context().close();
  });

  it("are not offered to who may not see them", async () => {
    const page = await enter(browser, { account: "li", hash: "sums" });

    expect(await page.locator(".own_room").count()).toBe(1);
    await page.context().close();
  });

  it.each([["en", "dark", 1280], ["zh", "light", 360], ["en", "light", 2560]] as const)("are whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "chen", hash: "sums", language, theme, width });
    await page.locator("input[type=date]").first().fill(`${day.slice(0, 7)}-01`);
    await page.locator("table.sums").waitFor();
    await expectWhole(page, `sums-${language}-${theme}-${width}`);
    await page.getByRole("button", { name: language === "en" ? "Month" : "月份", exact: true }).click();
    await page.locator("input[type=month]").fill(day.slice(0, 7));
    await page.locator("table.month").waitFor();

    await expectWhole(page, `month-${language}-${theme}-${width}`);
    await page.context().close();
  });
});
