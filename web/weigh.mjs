// The first load, compressed, without the map engine, has a limit.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 300_000;
const folder = new URL("../api/web/", import.meta.url);
const page = readFileSync(new URL("index.html", folder), "utf8");
const names = readdirSync(new URL("assets/", folder)).filter((name) => page.includes(name));
const bytes = [page, ...names.map((name) => readFileSync(new URL(`assets/${name}`, folder)))]
  .map((one) => gzipSync(one).length)
  .reduce((sum, one) => sum + one, 0);
console.log(`first load without the map engine: ${bytes} bytes of at most ${MOST_BYTES}`);
if (page.includes("engine-") || bytes > MOST_BYTES) {
  console.error("the first load is too heavy, or holds the map engine");
  process.exit(1);
}
