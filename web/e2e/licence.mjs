// Plays the first story in a real browser on a running nation, as docs/FLOWS.md tells it:
//   node web/e2e/licence.mjs http://localhost:PORT [DIR]
// three times: with script in standard display, with script in the elder display, and without script. With script every page
// is held against axe (no violation) and against a width of 320 pixels (no sideways scrolling), and the receipt must print on
// one A4 page. With DIR the pictures of the README are written there. CHROMIUM names the browser's program.
import { mkdirSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [hub, pictures] = process.argv.slice(2);
const site = (label) => hub.replace("://", `://${label}.`);
const [here, there] = [site("heilongjiang"), site("qinghai")];
const deadline = 60_000;

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const problems = [];
const fail = (where, what) => problems.push(`${where}: ${what}`);

// One is a person with a browser of their own.
class One {
  constructor(run, page, name) {
    Object.assign(this, { run, page, name });
  }

  async checked(what) {
    const where = `${this.run.name}, ${what}`;
    if (!this.run.script) return;
    const { violations } = await new AxeBuilder({ page: this.page }).setLegacyMode().analyze();
    for (const v of violations) {
      fail(where, `axe ${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
    }
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: 320, height: 640 });
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 320) fail(where, `${wide} px wide at 320 px: ${await this.page.evaluate(widest)}`);
    await this.page.setViewportSize(size);
  }

  async visit(address, what) {
    const answer = await this.page.goto(address);
    if (!answer.ok()) throw new Error(`${this.run.name}: ${address} answered ${answer.status()}`);
    if (what) await this.checked(what);
  }

  button(words, what) {
    return this.press("button", words, what);
  }

  link(words, what) {
    return this.press("a", words, what);
  }

  // press looks for the words exactly, so that 受理 is not 不予受理.
  async press(tag, words, what) {
    const hasText = typeof words === "string" ? new RegExp(`^\\s*${words}\\s*$`) : words;
    await this.page.locator(tag).filter({ hasText }).first().click();
    await this.page.waitForLoadState();
    if (what) await this.checked(what);
  }

  async signIn(address, who, what) {
    await this.visit(address, "identity provider");
    await this.button(new RegExp(`^\\s*${who}`), what);
  }

  async says(...words) {
    for (const w of words) await this.page.getByText(w).first().waitFor({ timeout: 10_000 });
  }

  // until looks at an address again until it has what is waited for.
  async until(address, has) {
    for (const end = Date.now() + deadline; ; ) {
      await this.page.goto(address);
      if (await has().count()) return;
      if (Date.now() > end) throw new Error(`${this.run.name}: ${address} never had what was waited for`);
      await this.page.waitForTimeout(100);
    }
  }

  async picture(name, height) {
    if (!pictures || !this.run.pictures) return;
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: 1100, height });
    await this.page.evaluate(() => window.scrollTo(0, 0));
    await this.page.screenshot({ path: `${pictures}/${name}.png` });
    await this.page.setViewportSize(size);
  }
}

// widest runs in the page: what sticks out.
function widest() {
  const out = [];
  for (const e of document.querySelectorAll("body *")) {
    if (e.getBoundingClientRect().right > 321) out.push(`${e.tagName}.${e.className}`);
  }
  return out.slice(0, 4).join(" | ");
}

async function play(run) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
  try {
    const person = async (name) => {
      const context = await browser.newContext({
        javaScriptEnabled: run.script, locale: "zh-CN", viewport: { width: 1100, height: 900 }, reducedMotion: "reduce",
      });
      if (run.elder) {
        for (const url of [hub, here, there, site("id")]) await context.addCookies([{ name: "display", value: "elder.", url }]);
      }
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (e) => fail(`${run.name}, ${name}`, `script: ${e.message}`));
      return new One(run, page, name);
    };
    await story(run, await person("stranger"), await person("clerk"), await person("officer"), await person("applicant"));
  } finally {
    await browser.close();
  }
}

async function story(run, stranger, clerk, officer, fan) {
  await stranger.visit(`${hub}/`, "hub");
  await stranger.picture("hub", 1150);
  await stranger.visit(`${hub}/guide/2020-030?here=230183&there=630100`, "guide");
  await stranger.picture("guide", 1150);
  for (const path of ["/items", "/can", "/verify", "/display", "/about", "/accessibility", "/privacy", "/clock"]) {
    await stranger.visit(hub + path, `hub ${path}`);
  }
  await stranger.visit(`${here}/`, "entrance");

  // the counter
  await clerk.signIn(`${here}/desk`, "李窗口", "desk queue");
  await clerk.visit(`${here}/desk/search`, "desk search");
  await clerk.visit(`${here}/desk/new`, "intake 1");
  await clerk.button("继续", "intake 1 with errors");
  await clerk.page.getByLabel("姓名").fill("樊晓梅");
  await clerk.page.getByLabel("证件号码").fill("230183199001010025");
  await clerk.page.getByLabel("联系电话").fill("13800000001");
  await clerk.page.getByLabel("已当面读完，申请人同意").check();
  await clerk.button("继续", "intake 2");
  await clerk.page.getByLabel("办什么事").fill("内资企业设立登记");
  await clerk.page.getByLabel("由哪里决定").fill("青海省西宁市");
  await clerk.button("看看能不能办", "intake 3");
  await clerk.page.getByLabel("字号", { exact: true }).fill(run.trade);
  await clerk.page.getByLabel("注册资本").fill("100000");
  await clerk.page.getByLabel("住所门牌室号").fill("五四大街 1 号 101 室");
  await clerk.page.getByLabel("日用百货销售").check();
  await clerk.button("继续，请申请人核对", "intake 4");
  await clerk.button("申请人核对无误，收件", "receipt");
  await clerk.says("收件了");
  const id = clerk.page.url().split("/").at(-2);
  const no = (await clerk.page.locator(".tb-no").first().innerText()).replace(/\s/g, "");
  const receipt = clerk.page.url();
  await clerk.link("打印收件凭证", "receipt on paper");
  if (run.script) await onePage(clerk.page, run.name);
  await clerk.visit(receipt);
  await clerk.button(/^转给西宁市/, "handed over");
  await clerk.says("已转出，等对方签收。");

  // the deciding place
  const mine = (one) => one.page.locator(`a[href="/desk/cases/${id}"]`);
  await officer.signIn(`${there}/desk`, "赵审核", "officer's queue");
  await officer.until(`${there}/desk?queue=received`, () => mine(officer));
  if (run.script) { // the letters of the desk: to the first case of the list, and into it
    await officer.page.keyboard.press("?");
    await officer.page.waitForURL("**/desk/keys");
    await officer.checked("desk keys");
    await officer.visit(`${there}/desk?queue=received`);
    await officer.page.keyboard.press("j");
    await officer.page.keyboard.press("Enter");
    await officer.page.waitForURL(`**/desk/cases/${id}`);
    await officer.checked("officer's case");
  } else await officer.visit(`${there}/desk/cases/${id}`, "officer's case");
  await officer.link("受理", "accept");
  await officer.button("受理", "accepted");
  await officer.says("已受理，受理通知书已出具并告知收件地。");

  // meanwhile, at home
  await fan.signIn(`${here}/cases`, "樊晓梅", "my cases");
  await fan.until(`${here}/cases/${no}`, () => fan.page.getByText("西宁市行政审批服务局已受理，正在审查"));
  await fan.checked("case page");
  await fan.picture("case", 1150);

  await officer.visit(officer.page.url().split("?")[0]);
  for (const point of await officer.page.getByLabel("符合", { exact: true }).all()) {
    if (run.script) await officer.page.keyboard.press("1");
    else await point.check();
    if (!(await point.isChecked())) fail(run.name, "the key 1 did not mark the next point");
  }
  await officer.picture("desk", 1200);
  await officer.button("都符合，准予并制证", "finish: last look");
  await officer.checked("finish");
  await officer.button("准予并制证", "finished");
  await officer.says("已准予并签发，结果正送往收件地。");

  // back at the counter
  await clerk.until(`${here}/desk?queue=deliver`, () => mine(clerk));
  await clerk.visit(`${here}/desk/cases/${id}`, "clerk's case");
  await clerk.link("送达", "deliver");
  await clerk.page.getByLabel("窗口当面领取").check();
  await clerk.page.getByLabel("已核对领取人的身份证件").check();
  await clerk.button("已交给申请人", "delivered");
  await clerk.says("已送达，这一件办完了。");
  for (const tab of ["materials", "history", "papers"]) await clerk.visit(`${here}/desk/cases/${id}/${tab}`, `desk ${tab}`);

  // the applicant has it, and anybody can check it
  await fan.visit(`${here}/cases/${no}`, "finished case");
  await fan.says("办好了，结果已经给您");
  await fan.link("营业执照", "licence");
  await fan.says(`西宁市${run.trade}商贸有限公司`);
  const code = (await fan.page.locator(".tb-doc__url").first().innerText()).trim();
  await stranger.visit(`${here}/v/${code}`, "verified licence");
  await stranger.says("核验通过");
}

// onePage: an applicant takes one sheet home.
async function onePage(page, where) {
  const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
  const pages = (pdf.match(/\/Type\s*\/Page\b(?!s)/g) || []).length;
  if (pages !== 1) fail(where, `the receipt prints on ${pages} pages`);
}

if (pictures) mkdirSync(pictures, { recursive: true });
for (const run of [
  { name: "script", script: true, trade: "雪莲", pictures: true },
  { name: "elder", script: true, elder: true, trade: "格桑" },
  { name: "no script", script: false, trade: "昆仑" },
]) {
  await play(run).catch((e) => fail(run.name, e.stack));
}
if (problems.length) {
  console.error([...new Set(problems)].join("\n"));
  process.exit(1);
}
console.log("played three times, no problem found");
