/** The inbox of findings: gone through by keys, decided for a reason, told well when it may not be. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { enter, expectWhole, launch } from "./looking";

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });
const { url, password } = inject("served");

describe("the inbox of findings", () => {
  it.each([["en", "light", 1280], ["zh", "dark", 360], ["zh", "light", 2560]] as const)("is whole in %s, %s, at %i", async (language, theme, width) => {
    const page = await enter(browser, { account: "chen", hash: "findings", language, theme, width });
    await page.locator("[data-finding]").waitFor();
    await page.getByRole("button", { name: language === "en" ? "Uphold" : "认定成立", exact: true }).click();
    await page.locator("textarea").waitFor();

    await expectWhole(page, `findings-${language}-${theme}-${width}`);
    await page.context().close();
  });

  it("is decided by keys alone, and the decision stands in the history", async () => {
    const page = await enter(browser, { account: "chen", hash: "findings" });
    const list = page.getByRole("listbox");
    await list.getByRole("option", { name: /W02/ }).first().click();
    const finding = page.locator("[data-finding]");
    const id = await finding.getAttribute("data-finding");

    await list.press("d");
    await page.locator("select[name=reason]").selectOption("terminal_fault");
    await page.locator("textarea").fill("The workshop found the antenna broken.");
    await page.locator("textarea").press("Control+Enter");
    await expect.poll(() => page.getByRole("status").first().textContent()).toContain("Dismissed");
    await page.locator("select").first().selectOption("all");
    await page.locator(`#entry-${id}`).click();
    await expect.poll(() => finding.getAttribute("data-status")).toBe("dismissed");
    await finding.locator("summary").click();
    expect(await finding.locator("ol.steps").textContent()).toMatch(/chen .*The workshop found the antenna broken\./s);
    expect(await page.getByRole("button", { name: "Uphold", exact: true }).count()).toBe(0);
    await page.context().close();
  });

  it("says that the worker may still explain what is to be upheld", async () => {
    const page = await enter(browser, { account: "chen", hash: "findings" });
    await page.getByRole("option", { name: /W03/ }).first().click();
    await page.getByRole("button", { name: "Uphold", exact: true }).click();
    await page.locator("select[name=reason]").selectOption("evidence_stands");
    await page.locator("textarea").fill("Seen on the map.");
    await page.getByRole("button", { name: "Decide" }).click();

    await expect.poll(() => page.getByRole("alert").textContent()).toContain("time for the worker to explain");
    expect(await page.locator("textarea").inputValue()).toBe("Seen on the map.");
    await page.context().close();
  });

  it("says who was faster, and shows what stands there now", async () => {
    const page = await enter(browser, { account: "chen", hash: "findings" });
    await page.getByRole("option", { name: /W02/ }).first().click();
    const finding_id = await page.locator("[data-finding]").getAttribute("data-finding");
    await dismissAs("ma", Number(finding_id));
    await page.getByRole("listbox").press("d");
    await page.locator("select[name=reason]").selectOption("data_error");
    await page.locator("textarea").fill("Read twice.");
    await page.getByRole("button", { name: "Decide" }).click();

    await expect.poll(() => page.getByRole("alert").textContent()).toMatch(/W02.*Somebody was faster/);
    await expect.poll(() => page.locator(`#entry-${finding_id}`).count()).toBe(0);
    await page.context().close();
  });

  it("dismisses several for one reason, and tells of each", async () => {
    const page = await enter(browser, { account: "chen", hash: "findings" });
    await page.getByRole("option", { name: /W03/ }).first().click();
    const list = page.getByRole("listbox");
    await list.press("Space");
    await list.press("Shift+ArrowDown");
    await page.getByRole("button", { name: "Dismiss 2 findings for one reason" }).click();
    await page.locator("select[name=reason]").selectOption("test_or_training");
    await page.locator("textarea").fill("Training of the morning.");
    await page.getByRole("button", { name: "Dismiss 2", exact: true }).click();

    await expect.poll(() => page.getByRole("status").allTextContents()).toContain("2 of 2 dismissed.");
    await page.context().close();
  });

  it("is not offered to who decides nothing", async () => {
    const page = await enter(browser, { account: "li", hash: "findings" });

    expect(await page.locator("main.inbox").count()).toBe(0);
    await page.context().close();
  });
});

async function dismissAs(account_id: string, finding_id: number): Promise<void> {
  const post = (path: string, body: object, token = "") => fetch(`${url}/v1/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` }, body: JSON.stringify(body),
  });
  const { token } = (await (await post("session", { account_id, password })).json()) as { token: string };
  const done = await post(`findings/${finding_id}/decision`, { status: "dismissed", reason_code: "data_error", text: "seen", revision: 1 }, token);
  expect(done.status).toBe(200);
}
