import { defineConfig } from "vite";

export default defineConfig({
  // Relative: the screen works wherever a proxy puts it.
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  worker: { format: "es" },
  build: {
    outDir: "../api/web",
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the policy of the page allows no script within it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      output: { manualChunks: (id) => (id.includes("maplibre-gl") ? "engine" : undefined) },
    },
  },
});
