// Waits, beside a test that makes them happen, for the two things that must be said loudly: a refused file, a lost sidecar.
// usage: wrong.mjs ADMIN FOLDER    prints a line before each
import { SOON, accessible, equal, open, withBrowser } from "./dashboard.mjs";

const [admin, folder] = process.argv.slice(2);

await withBrowser(async (browser) => {
  const { page, quiet } = await open(browser, `${admin}/`, { allowed: /ERR_|Failed to load resource/ });
  await page.getByText("Live", { exact: true }).waitFor(SOON);
  console.log("waiting for a refused file");
  await page.getByText("routes.toml is refused; what ran before runs on.").waitFor(SOON);
  await page.locator("#banners pre").getByText("shaddow").waitFor(SOON);
  equal((await page.title()).startsWith("(routes.toml refused)"), true, `the title ${await page.title()}`);
  await accessible(page, "a refused file");
  await page.screenshot({ path: `${folder}/refused.png` });
  console.log("waiting for the end");
  await page.locator("#connection").getByText(/^Stale since \d\d:\d\d:\d\d$/).waitFor(SOON);
  await page.getByRole("button", { name: "Try now" }).waitFor(SOON);
  equal((await page.title()).startsWith("(stale)"), true, `the title ${await page.title()}`);
  await accessible(page, "a lost sidecar");
  await page.screenshot({ path: `${folder}/stale.png` });
  quiet();
});
