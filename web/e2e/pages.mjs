// Walks every page of the gallery in a real browser and holds it against what the accessibility page promises:
//   node web/e2e/pages.mjs http://localhost:PORT [MODE…] [only=PATTERN]
// PATTERN keeps the addresses that it matches. MODE is one of the names below; none is desktop and then, in the same page, a window of
// 320 px, where only the axe rules are asked again that a narrow window can change. In each mode: no axe violation (WCAG 2.2 AA and
// best practice), no sideways scrolling, nothing refused by the content security policy, no script error, targets of 44 px (60 in the elder display), the first
// Tab leads to the skip link, wider text spacing (WCAG 1.4.12) clips nothing. CHROMIUM names the browser's program.
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const phone = { isMobile: true, hasTouch: true };
const modes = {
  desktop: { view: { viewport: { width: 1280, height: 800 } } },
  phone320: { view: { viewport: { width: 320, height: 568 }, ...phone } },
  zoom200: { view: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 } },
  elder360: { view: { viewport: { width: 360, height: 640 }, ...phone }, display: "elder.", target: 60 },
  contrast: { view: { viewport: { width: 1280, height: 800 } }, display: ".high" },
  noscript: { view: { viewport: { width: 360, height: 640 }, ...phone, javaScriptEnabled: false } },
};
const [site, ...rest] = process.argv.slice(2);
const asked = rest.filter((a) => !a.startsWith("only="));
const only = new RegExp(rest.find((a) => a.startsWith("only="))?.slice(5) ?? "");
const names = asked.length ? asked : ["desktop"];
const narrow = ["target-size", "scrollable-region-focusable", "aria-hidden-focus", "meta-viewport", "css-orientation-lock"];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const workers = 2;

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const problems = new Set();
let seen = 0;

// small lists what is too small to hit: what acts, outside running text.
function small(least) {
  const out = [];
  for (const e of document.querySelectorAll("button, .govuk-button, .govuk-input, .govuk-select, summary, .govuk-radios__label, .tb-head__tools a, .tb-nav a, .tb-picks a, .tb-foot a, .govuk-back-link")) {
    const r = e.getBoundingClientRect();
    if (r.width && r.height && r.height < least - 0.5) out.push(`${e.tagName}.${e.className} ${Math.round(r.height)} px`);
  }
  return [...new Set(out)].slice(0, 4);
}

function widest(most) {
  const out = [];
  for (const e of document.querySelectorAll("body *")) {
    if (e.getBoundingClientRect().right > most + 1 && !e.closest(".tb-scroll")) out.push(`${e.tagName}.${e.className}`);
  }
  return out.slice(0, 4).join(" | ");
}

const spacing = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }";

function spaced(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}

async function look(page, mode, name, path) {
  const where = `${name} ${path}`;
  const fail = (what) => problems.add(`${where}: ${what}`);
  const heard = [];
  const listen = (m) => m.type() === "error" && !/status of [45]\d\d/.test(m.text()) && heard.push(m.text());
  const error = (e) => heard.push(e.message);
  page.on("console", listen);
  page.on("pageerror", error);
  const answer = await page.goto(site + path);
  seen++;
  if (answer.status() >= 400 && !/gallery\/|here=|check\?|code=|q=/.test(path)) fail(`status ${answer.status()}`);
  const width = page.viewportSize().width;
  const wide = async () => page.evaluate(() => document.documentElement.scrollWidth);
  if ((await wide()) > width) fail(`${await wide()} px wide: ${await page.evaluate(widest, width)}`);
  for (const s of await page.evaluate(small, mode.target ?? 44)) fail(`too small: ${s}`);
  if (mode.view.javaScriptEnabled !== false) {
    const axe = async (set) => {
      // Our pages have no frames, so axe may finish in the page itself: half the work.
      const { violations } = await set(new AxeBuilder({ page }).setLegacyMode()).analyze();
      for (const v of violations) fail(`axe ${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
    };
    await axe((a) => a.withTags(tags));
    if (!mode.view.hasTouch) {
      await page.evaluate(() => document.activeElement?.blur());
      if (!(await page.locator(".govuk-error-summary").count())) {
        await page.keyboard.press("Tab");
        if (!(await page.evaluate(() => document.activeElement.classList.contains("govuk-skip-link")))) fail("the first Tab is not the skip link");
      }
    }
    if (!asked.length) {
      const size = page.viewportSize();
      await page.setViewportSize({ width: 320, height: 568 });
      if ((await wide()) > 320) fail(`${await wide()} px wide at 320: ${await page.evaluate(widest, 320)}`);
      for (const s of await page.evaluate(small, 44)) fail(`too small at 320: ${s}`);
      await axe((a) => a.withRules(narrow));
      await page.evaluate(spaced, spacing);
      if ((await wide()) > 320) fail(`with wide spacing ${await wide()} px at 320: ${await page.evaluate(widest, 320)}`);
      await page.setViewportSize(size);
    }
    await page.evaluate(spaced, spacing);
    if ((await wide()) > width) fail(`with wide spacing ${await wide()} px: ${await page.evaluate(widest, width)}`);
  }
  for (const h of heard) fail(`script: ${h}`);
  page.off("console", listen);
  page.off("pageerror", error);
}

// weight is what a first visit of the first page costs over the wire, in bytes.
async function weight() {
  let sum = 0;
  const take = async (path) => {
    const r = await fetch(site + path, { headers: { "Accept-Encoding": "gzip" } });
    sum += Number(r.headers.get("content-length"));
    return r.text();
  };
  const html = await take("/");
  for (const m of html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) await take(m[1]);
  if (!html.includes("/assets/app-")) problems.add("the first page has no style sheet");
  if (!(sum > 10_000 && sum <= 45 * 1024)) problems.add(`the first visit costs ${sum} bytes, 46080 allowed`);
  return sum;
}

const paths = (await (await fetch(`${site}/gallery?plain`)).text()).trim().split("\n").filter((p) => only.test(p));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  for (const name of names) {
    const mode = modes[name];
    const todo = [...paths];
    await Promise.all(Array.from({ length: workers }, async () => {
      const context = await browser.newContext({ locale: "zh-CN", reducedMotion: "reduce", ...mode.view });
      if (mode.display) await context.addCookies([{ name: "display", value: mode.display, url: site }]);
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      for (let path = todo.shift(); path; path = todo.shift()) {
        await look(page, mode, name, path).catch((e) => problems.add(`${name} ${path}: ${e.message}`));
      }
      await context.close();
    }));
  }
} finally {
  await browser.close();
}
const bytes = await weight();
if (problems.size) {
  console.error([...problems].join("\n"));
  process.exit(1);
}
console.log(`${seen} looks at ${paths.length} states in ${names.join(", ")}; first visit ${bytes} bytes; no problem found`);
