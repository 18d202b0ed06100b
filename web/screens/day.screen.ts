/** A worker-day: it plays, its timeline tells what it rests on, and it can be taken away. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });
const { day } = inject("served");
const hash = `day?worker=W01&day=${day}`;

describe("a worker-day", () => {
  it("plays, and stops where it is told to", async () => {
    const page = await enter(browser, { account: "chen", hash });
    const standing = page.getByTestId("standing");
    const before = await standing.textContent();

    await page.getByRole("button", { name: "Play" }).click();
    await expect.poll(() => standing.textContent()).not.toBe(before);
    await page.getByRole("button", { name: "Pause" }).click();
    const paused = await standing.textContent();
    await page.getByRole("slider").focus();
    await page.keyboard.press("ArrowRight");

    expect(paused).toMatch(/^\d\d:\d\d:\d\d · .*Fix of|^\d\d:\d\d:\d\d · .*No fix since/);
    expect((paused ?? "") > (before ?? "")).toBe(true);
    expect(await standing.textContent()).not.toBe(paused);
    await page.context().close();
  });

  it("tells what each piece rests on, to keys and to a pointer", async () => {
    const page = await enter(browser, { account: "chen", hash });
    const evidence = page.getByTestId("evidence");
    const visits = page.locator('[data-lane="visit"] .piece');

    await visits.first().focus();
    await page.keyboard.press("ArrowRight");
    expect(await evidence.textContent()).toMatch(/Visit, grade B.*By position\..*shown by fixes.*probable at any premises/);
    await page.keyboard.press("Enter");
    const begin = /(\d\d:\d\d) to/.exec((await visits.nth(1).getAttribute("aria-label")) ?? "")?.[1];
    expect(await page.getByTestId("standing").textContent()).toContain(begin);
    await page.locator('[data-lane="presence"] .piece.unknown').first().hover();
    expect(await evidence.textContent()).toContain("No evidence either way");
    await page.context().close();
  });

  it("shows findings with what was said, and leaves as files", async () => {
    const page = await enter(browser, { account: "chen", hash });

    await expect.poll(() => page.locator("[data-finding]").count()).toBe(2);
    for (const [name, file] of [["File of the day (ZIP)", `W01-${day}.zip`], ["Track (GPX)", `W01-${day}.gpx`], ["Visits (CSV)", `W01-${day}-visits.csv`]] as const) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      expect(download.suggestedFilename()).toBe(file);
    }
    await page.context().close();
  });

  it("that nobody owes, or of nobody, says so", async () => {
    const page = await enter(browser, { account: "chen", hash: `day?worker=W01&day=2020-02-02` });
    expect(await page.getByRole("alert").textContent()).toContain("No duty begins on this day.");

    await page.locator("input[name=worker]").fill("nobody");
    await page.getByRole("button", { name: "Show" }).click();
    await expect.poll(() => page.getByRole("alert").textContent()).toContain("No worker within your reach");
    await page.context().close();
  });

  it.each([["en", "light", 1280], ["zh", "dark", 360], ["zh", "light", 2560]] as const)("is whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "chen", hash, language, theme, width });
    await page.getByTestId("standing").waitFor();
    await page.locator(".day_map canvas").waitFor();

    await expectWhole(page, `day-${language}-${theme}-${width}`);
    await page.context().close();
  });
});

describe("photos of a day", () => {
  it("are on the timeline and the map, and are fetched when they are asked for", async () => {
    const page = await enter(browser, { account: "chen", hash });
    await page.locator('[data-lane="report"] .piece').focus();
    expect(await page.getByTestId("evidence").textContent()).toMatch(/Photo report: Street lamp.*lamp 12 is dark.*1 photo/);
    expect(await page.locator("img.photo").count()).toBe(0);

    await page.getByRole("button", { name: "Show the photos" }).click();
    await expect.poll(() => page.locator("img.photo").evaluate((one: HTMLImageElement) => one.naturalWidth)).toBeGreaterThan(0);
    await page.context().close();
  });
});
