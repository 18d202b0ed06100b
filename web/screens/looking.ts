/** A browser that looks at the screen as somebody with an account. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { expect, inject } from "vitest";

export interface Looker {
  account: string;
  hash?: string;
  language?: "en" | "zh";
  theme?: "light" | "dark";
  width?: number;
}

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Pictures for whoever wants to look: in the folder that SCREENS names.
const PICTURES = process.env.SCREENS ?? "";

export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium here: install it, or name it with CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"] });
}

/** A page on which `account` is signed in; what goes wrong on it fails the test that ends it. */
export async function enter(browser: Browser, { account, hash = "", language = "en", theme = "light", width = 1280 }: Looker): Promise<Page> {
  const { url, password } = inject("served");
  const context = await browser.newContext({
    viewport: { width, height: 800 }, colorScheme: theme, timezoneId: "Asia/Shanghai", locale: language === "zh" ? "zh-CN" : "en-GB",
  });
  // What is not there in so long is not there: a page of this machine answers at once.
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => { throw error; });
  await page.goto(`${url}/screen/#${hash}`);
  await page.locator("input[name=account]").fill(account);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.locator("main:not(.sheet)").waitFor();
  return page;
}

/** No violation of accessibility, nothing wider than the page; and a picture of it. */
export async function expectWhole(page: Page, name: string): Promise<void> {
  // The policy of the page forbids scripts within it; the debugger may.
  const debugging = await page.context().newCDPSession(page);
  await debugging.send("Runtime.evaluate", { expression: AXE });
  const found = await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run();
    return violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`);
  });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (PICTURES !== "") {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: resolve(PICTURES, `${name}.png`), fullPage: true });
  }

  expect([name, found, Math.max(0, wide)]).toEqual([name, [], 0]);
}
