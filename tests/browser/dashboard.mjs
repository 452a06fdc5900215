// What every visit to the dashboard needs: a browser, a page that is watched for what must never happen, axe, pictures.
//
// It must not know what a test wants to see. The surprise: a refused script or style is no error that a test would notice by
// itself, so each page writes down what the policy refused, and a visit ends with looking at that list.
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/// A machine that compiles at the same time makes seconds of milliseconds.
export const SOON = { timeout: 30_000 };
export const LAPTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/// Runs `visit` with a browser. CHROMIUM names another one than /usr/bin/chromium.
export async function withBrowser(visit) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    await visit(browser);
  } finally {
    await browser.close();
  }
}

/// Opens `url`; gives the page and `quiet`, which fails if anything was refused, failed or said by a script since.
/// `allowed` is what the console may say.
export async function open(browser, url, { viewport = LAPTOP, colorScheme = "dark", allowed = /^$/ } = {}) {
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion: "reduce" });
  page.setDefaultTimeout(SOON.timeout);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !allowed.test(message.text()) && wrong.push(`console: ${message.text()}`));
  page.on("dialog", (dialog) => wrong.push(`a script opened a dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => new URL(request.url()).origin !== new URL(url).origin && wrong.push(`asked elsewhere: ${request.url()}`));
  await page.exposeFunction("refused", (what) => wrong.push(`refused: ${what}`));
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => window.refused(`${event.violatedDirective} ${event.sourceFile}:${event.lineNumber}`)));
  await page.goto(url);
  const quiet = () => equal(wrong, [], "what must not happen");
  return { page, quiet };
}

/// Fails with every violation that axe finds on the page.
export async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `    ${node.html}\n    ${node.failureSummary}`).join("\n")}`);
  equal(told, [], `axe, ${where}`);
}

/// Presses Tab until the focus is on what `selector` means; fails when it never is.
export async function tabTo(page, selector) {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
  }
  throw new Error(`200 × Tab never reaches ${selector}`);
}

/// Which backend answers a request through the sidecar.
export async function backend(proxy, path, options) {
  const answer = await fetch(`${proxy}${path}`, options);
  await answer.arrayBuffer();
  return answer.headers.get("x-backend");
}

/// Fails unless both are the same JSON.
export function equal(found, expected, what) {
  const [one, other] = [JSON.stringify(found, null, 2), JSON.stringify(expected, null, 2)];
  if (one !== other) throw new Error(`${what}: found ${one}, expected ${other}`);
}
