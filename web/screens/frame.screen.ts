/** The frame: who may not enter, what is served with it, and the live map on it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });
const { url } = inject("served");

describe("the frame", () => {
  it("is served with a policy that allows nothing inline, and asks nobody else", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (one) => asked.push(one.url()));

    const answer = await page.goto(`${url}/screen/`);
    await page.locator("input[name=account]").waitFor();

    expect(answer?.headers()["content-security-policy"]).not.toContain("unsafe");
    expect(asked.filter((one) => !one.startsWith(url) && !one.startsWith("data:"))).toEqual([]);
    await context.close();
  });

  it("refuses a wrong password in words, and stays", async () => {
    const context = await browser.newContext({ locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(`${url}/screen/`);
    await page.locator("input[name=account]").fill("chen");
    await page.locator("input[name=password]").fill("not the password of chen");
    await page.locator("button[type=submit]").click();

    await page.getByRole("alert").waitFor();
    expect(await page.locator("input[name=account]").count()).toBe(1);
    await context.close();
  });
});

describe("the live map", () => {
  it.each([["en", "light", 1280], ["zh", "dark", 360]] as const)("is live, and whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "chen", hash: "live", language, theme, width });
    await page.locator(".line.live").waitFor();
    await page.locator(".watch canvas").waitFor();

    await expectWhole(page, `live-${language}-${theme}-${width}`);
    await page.context().close();
  });
});
