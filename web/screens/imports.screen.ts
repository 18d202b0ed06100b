/** Imports: checked before anything is changed; one that fails says each row and what to do. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });

const file = (text: string) => ({ name: "workers.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

describe("imports", () => {
  it.each([["en", "light", 1280], ["zh", "dark", 360], ["zh", "light", 2560]] as const)("that fail are whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "root", hash: "imports", language, theme, width });
    await page.locator("select[name=kind]").selectOption("workers");
    await page.locator("input[type=file]").setInputFiles(file("worker_id,name\nW 1,Somebody\nW 2,Somebody else\n"));
    await page.locator("button[type=submit]").click();
    await page.locator("table").waitFor();

    expect(await page.locator("tbody tr").count()).toBe(2);
    expect(await page.locator("tbody td").first().textContent()).toBe("2");
    await expectWhole(page, `imports-${language}-${theme}-${width}`);
    await page.context().close();
  });

  it("say what they would do, and do it only then", async () => {
    const page = await enter(browser, { account: "root", hash: "imports" });
    await page.locator("select[name=kind]").selectOption("workers");
    await page.locator("input[type=file]").setInputFiles(file("worker_id,name\nW90,Somebody new\n"));
    expect(await page.getByRole("button", { name: "Import", exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Check" }).click();
    await expect.poll(() => page.locator(".told").textContent()).toMatch(/Nothing has been changed yet.*New1/);
    await page.getByRole("button", { name: "Import", exact: true }).click();

    await expect.poll(() => page.locator(".told").textContent()).toMatch(/^Done\..*New1/);
    expect(await page.getByRole("button", { name: "Import", exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Check" }).click();
    await expect.poll(() => page.locator(".told").textContent()).toMatch(/New0.*As they were1/);
    await page.context().close();
  });

  it("are not offered to who changes no registers", async () => {
    const page = await enter(browser, { account: "chen", hash: "imports" });

    expect(await page.locator(".imports").count()).toBe(0);
    await page.context().close();
  });
});
