// Plays the story online in a real browser on a running nation, as docs/FLOWS.md tells it:
//   node web/e2e/online.mjs http://localhost:PORT
// once with script, with every page held against axe (no violation) and a width of 320 pixels (no sideways scrolling), and
// once without script. CHROMIUM names the browser's program.
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [hub] = process.argv.slice(2);
const there = hub.replace("://", "://qinghai.");

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const problems = [];
const fail = (where, what) => problems.push(`${where}: ${what}`);

async function checked(run, page, what) {
  if (!run.script) return;
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  for (const v of violations) {
    fail(`${run.name}, ${what}`, `axe ${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 320) fail(`${run.name}, ${what}`, `${wide} px wide at 320 px`);
  await page.setViewportSize(size);
}

async function play(run) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
  });
  try {
    const context = await browser.newContext({
      javaScriptEnabled: run.script, locale: "zh-CN", viewport: { width: 1100, height: 900 }, reducedMotion: "reduce",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (e) => fail(run.name, `script: ${e.message}`));
    const press = async (tag, words, what) => {
      const hasText = typeof words === "string" ? new RegExp(`^\\s*${words}\\s*$`) : words;
      await page.locator(tag).filter({ hasText }).first().click();
      await page.waitForLoadState();
      if (what) await checked(run, page, what);
    };
    await page.goto(`${there}/apply/new?item=2020-030&here=230183&there=630100`);
    await press("button", /^\s*樊晓梅/, "begin");
    await press("button", "开始办理", "tasks");
    await press("a", "做下一步", "found");
    await press("button", "都对，继续", "question");
    await press("button", "继续", "question with an error");
    for (const [label, answer] of [["字号", run.trade], ["备选字号", ""], ["注册资本", "100000"], ["住所门牌室号", "五四大街 1 号 101 室"]]) {
      if (answer) await page.getByLabel(label).fill(answer);
      await press("button", "继续", `after ${label}`);
    }
    await page.getByLabel("日用百货销售").check();
    await press("button", "继续", "invitation");
    await press("button", "生成邀请链接", "invitation made");
    await press("button", "继续", "materials");
    await page.locator('input[name="way.premises"][value="upload"]').check();
    await press("button", "继续", "upload");
    await page.locator('input[name="file"]').setInputFiles({ name: "lease.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n1 0 obj\n<</Type/Page >>\nendobj\n%%EOF\n") });
    await press("button", "上传"); // with script the file goes in pieces, and the page comes back by itself
    await page.getByRole("button", { name: "就用这些，继续" }).or(page.getByRole("link", { name: "就用这些，继续" })).first().waitFor();
    await checked(run, page, "uploaded");
    await press("a", "就用这些，继续", "materials again");
    await press("button", "继续", "check");
    await press("button", "确认无误，提交申请", "agreement at the identity provider");
    await press("button", /^\s*樊晓梅/, "done");
    await page.getByText("提交了").first().waitFor();
    await press("a", "看办到哪一步", "case");
    await page.goto(`${there}/cases`);
    await checked(run, page, "my cases");
  } finally {
    await browser.close();
  }
}

for (const run of [{ name: "script", script: true, trade: "雪燕" }, { name: "no script", script: false, trade: "雪松" }]) {
  await play(run).catch((e) => fail(run.name, e.stack));
}
if (problems.length) {
  console.error([...new Set(problems)].join("\n"));
  process.exit(1);
}
console.log("played twice, no problem found");
