import { defineConfig } from "vitest/config";

// The screen as it is built, in a real browser, against the real API on a simulated day.
export default defineConfig({
  test: {
    include: ["screens/**/*.screen.ts"],
    globalSetup: ["screens/serving.ts"],
    // They share one API, and some of them decide.
    fileParallelism: false,
    testTimeout: 60_000,
    // As long as a busy machine may take; who need not wait does not.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 120_000,
  },
});
