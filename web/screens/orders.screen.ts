/** The inbox of work orders: acts of the workflow, photos, news of what others do. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });

describe("the inbox of work orders", () => {
  it.each([["en", "light", 1280], ["zh", "dark", 360], ["zh", "light", 2560]] as const)("is whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "g1", hash: "orders", language, theme, width });
    // The last one that came is of a report, with a photo.
    await page.locator(".entry").last().click();
    await page.locator("img.photo").first().waitFor();
    await page.locator(".opened .acts button").first().click();
    await page.locator("textarea").waitFor();

    await expectWhole(page, `orders-${language}-${theme}-${width}`);
    await page.context().close();
  });

  it("does what is legal by keys, and two see at once what was done", async () => {
    const [page, other] = await Promise.all([
      enter(browser, { account: "g1", hash: "orders" }), enter(browser, { account: "chen", hash: "orders" }),
    ]);
    await other.locator("select[name=which]").selectOption("open");
    await other.locator('[data-line="live"]').waitFor();
    const list = page.getByRole("listbox");
    await list.focus();
    const id = await page.locator("[data-order]").getAttribute("data-order");
    await other.locator(`#entry-${id}`).click();
    await list.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.closest(".acts") !== null)).toBe(true);
    await page.getByRole("button", { name: "Pass to the community" }).click();
    await page.locator("select[name=reason]").selectOption({ index: 1 });
    await page.locator("textarea").fill("The cable hangs down.");
    await page.getByRole("button", { name: "Do it" }).click();

    await expect.poll(() => page.locator(".told").first().textContent()).toContain("In the community");
    await expect.poll(() => other.locator("[data-order]").getAttribute("data-step")).toBe("community");
    expect(await other.locator(".told").first().textContent()).toContain("Somebody has done something to it meanwhile");
    await Promise.all([page.context().close(), other.context().close()]);
  });

  it("brings the photo that an act needs", async () => {
    const page = await enter(browser, { account: "g1", hash: "orders" });
    await page.locator("[data-order]").waitFor();
    const id = await page.locator("[data-order]").getAttribute("data-order");
    await page.getByRole("button", { name: "Settle here" }).click();
    await page.locator("input[type=file]").setInputFiles({ name: "after.png", mimeType: "image/png", buffer: DOT });
    await page.getByRole("button", { name: "Do it" }).click();
    await expect.poll(() => page.locator(".told").first().textContent()).toContain("Done");
    await page.locator("select[name=which]").selectOption("open");
    await page.locator(`#entry-${id}`).click();

    await page.locator("ol.steps img.photo").waitFor();
    await page.context().close();
  });

  it("does one act to several, each answered by itself", async () => {
    const page = await enter(browser, { account: "g1", hash: "orders" });
    await page.locator("[data-order]").waitFor();
    const list = page.getByRole("listbox");
    await list.focus();
    await list.press("Home");
    await list.press("Space");
    await list.press("Shift+ArrowDown");
    await page.getByRole("button", { name: "2 orders at once" }).click();
    await page.getByRole("button", { name: "Pass to the community" }).click();
    await page.locator("select[name=reason]").selectOption({ index: 1 });
    await page.locator("textarea").fill("Beyond what the grid can do.");
    await page.getByRole("button", { name: "Do it to 2" }).click();

    await expect.poll(() => page.locator(".opened .told").textContent()).toContain("2 of 2 done.");
    await page.context().close();
  });
});

// A picture of one pixel.
const DOT = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
