// Builds app.css, the scripts and htmx.min.js into the folder that the Go binary embeds, and says how heavy they are.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { compile } from "sass";

const out = new URL("../internal/page/assets/dist/", import.meta.url);
mkdirSync(out, { recursive: true });

const css = compile(new URL("scss/app.scss", import.meta.url).pathname, {
  style: "compressed",
  loadPaths: [new URL("node_modules", import.meta.url).pathname],
  quietDeps: true,
});
writeFileSync(new URL("app.css", out), css.css);
copyFileSync(new URL("js/app.js", import.meta.url), new URL("app.js", out));
copyFileSync(new URL("js/proof.js", import.meta.url), new URL("proof.js", out));
copyFileSync(new URL("js/keys.js", import.meta.url), new URL("keys.js", out));
copyFileSync(new URL("node_modules/htmx.org/dist/htmx.min.js", import.meta.url), new URL("htmx.min.js", out));

// Budgets in bytes after gzip: pages must open on a bad phone on slow 3G.
const budget = { "app.css": 24576, "app.js": 2048, "proof.js": 1536, "keys.js": 1536, "htmx.min.js": 18432 };
let over = false;
for (const [name, limit] of Object.entries(budget)) {
  const size = gzipSync(readFileSync(new URL(name, out)), { level: 9 }).length;
  console.log(`${name}: ${size} bytes gzipped, budget ${limit}`);
  over ||= size > limit;
}
if (over) process.exit(1);
