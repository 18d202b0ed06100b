/** Starts what the tests of the screen look at: an API with a simulated day, which serves the built screen. */
import { spawn, type ChildProcess } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

export interface Served { url: string; day: string; password: string }

declare module "vitest" {
  interface ProvidedContext { served: Served }
}

const ROOT = resolve(import.meta.dirname, "../..");

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const api = spawn(resolve(ROOT, ".venv/bin/python"), ["-m", "tests.screen"], {
    cwd: ROOT, env: { ...process.env, PYTHONPATH: ROOT }, stdio: ["pipe", "pipe", "inherit"],
  });
  const told = await firstLine(api);
  project.provide("served", told);
  return async () => {
    const ended = new Promise((go) => api.once("exit", go));
    api.stdin.end();
    await ended;
  };
}

/** What the API's process says when it can be asked; it logs, too. */
async function firstLine(api: ChildProcess): Promise<Served> {
  if (api.stdout === null) throw new Error("the API's process says nothing");
  for await (const line of createInterface({ input: api.stdout })) {
    if (line.startsWith("{")) return JSON.parse(line) as Served;
  }
  throw new Error("the API did not start: see above");
}
