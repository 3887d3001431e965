// Applies online for each matter of a table in a real browser with script, on a running nation, pressing what stands on the page:
//   node web/e2e/matters.mjs http://localhost:PORT internal/stories/testdata/matters.json
// Screens, typed values and uploads may not be more than the table says (docs/FLOWS.md), what the guide was told is not asked again,
// and no page may be wider than 320 pixels there. CHROMIUM names the browser's program.
import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { chromium } from "playwright-core";

const [hub, table] = process.argv.slice(2);
const there = hub.replace("://", "://qinghai.");
const problems = [];

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

// scan is a grey PNG with lines, as a scanner gives it.
function scan(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = Buffer.alloc((width + 1) * height, 255);
  for (let y = 0; y < height; y++) rows.fill(y % 8 < 2 ? 0 : 255, y * (width + 1) + 1, (y + 1) * (width + 1)), (rows[y * (width + 1)] = 0);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

async function apply(browser, m) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 320, height: 640 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const seen = { screens: 0, typed: 0, uploads: 0 };
  page.on("pageerror", (e) => problems.push(`${m.item}: script: ${e.message}`));
  page.on("framenavigated", (f) => {
    if (f === page.mainFrame() && !new URL(f.url()).host.startsWith("id.")) seen.screens++;
  });
  const press = async (tag, words) => {
    const before = page.url();
    await page.locator(tag).filter({ hasText: words }).first().click();
    await page.waitForURL((u) => u.href !== before);
  };
  const said = Object.entries(m.said).map(([key, yes]) => `&a-${key}=${yes ? "y" : "n"}`).join("");
  await page.goto(`${there}/apply/new?item=${m.item}&here=230183&there=630100${said}`);
  await press("button", "樊晓梅");
  await press("button", "开始办理");
  for (let i = 0; i < 60; i++) {
    const [, root, , step, key] = new URL(page.url()).pathname.split("/");
    if (root !== "apply") throw new Error(`strayed to ${page.url()}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 320) problems.push(`${m.item}: ${step} is ${wide} px wide at 320 px`);
    if (step === "done") break;
    if (step === "ask") throw new Error(`asks again: ${key}`);
    if (step === "tasks") await press("a", "做下一步");
    else if (step === "found") await press("button", "都对，继续");
    else if (step === "invite") await press("button", "不请，继续");
    else if (step === "q") {
      const answer = m.answers[key] ?? "";
      if (answer.startsWith("#")) await page.locator('input[name="answer"]').nth(Number(answer.slice(1)) - 1).check();
      else if (answer) {
        await page.locator('[name="answer"]').fill(answer);
        seen.typed++;
      }
      await press("button", "继续");
    } else if (step === "materials") {
      for (const [name, way] of Object.entries(m.ways)) await page.locator(`input[name="way.${name}"][value="${way}"]`).check();
      await press("button", "继续");
    } else if (step === "upload") {
      await page.locator('input[name="file"]').setInputFiles({ name: "page.png", mimeType: "image/png", buffer: scan(240, 320) });
      await page.locator("button").filter({ hasText: "上传" }).first().click();
      seen.uploads++;
      await page.getByText("就用这些，继续").waitFor(); // the script brings the page back when the file is there
      await press("a", "就用这些，继续");
    } else if (step === "check") {
      await press("button", "确认无误，提交申请");
      await press("button", "樊晓梅");
    } else throw new Error(`nothing is known of ${page.url()}`);
  }
  await page.getByText("提交了").first().waitFor();
  for (const what of ["screens", "typed", "uploads"]) {
    if (seen[what] > m[what]) problems.push(`${m.item}: ${seen[what]} ${what}, at most ${m[what]}`);
  }
  console.log(`${m.item}: ${seen.screens} screens, ${seen.typed} typed, ${seen.uploads} uploads`);
  await context.close();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
});
try {
  for (const m of JSON.parse(readFileSync(table, "utf8"))) await apply(browser, m).catch((e) => problems.push(`${m.item}: ${e.stack}`));
} finally {
  await browser.close();
}
if (problems.length) {
  console.error([...new Set(problems)].join("\n"));
  process.exit(1);
}
