// A table of 500 routes: how long its scripts run, how many sparklines there are, and whether one route is found.
// usage: many.mjs ADMIN FOLDER
import { SOON, equal, open, withBrowser } from "./dashboard.mjs";

const [admin, folder] = process.argv.slice(2);
/// Rows on a screen, and those just beside it.
const SPARKLINES = 40;
/// Seconds of script for the first look at 500 rows; a third of that was measured.
const SCRIPT_S = 1.5;

await withBrowser(async (browser) => {
  const { page, quiet } = await open(browser, `${admin}/`);
  const session = await page.context().newCDPSession(page);
  // The thread's own time: what others do on the machine does not count.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const seconds = async (name) => (await session.send("Performance.getMetrics")).metrics.find((metric) => metric.name === name).value;
  await page.waitForFunction(() => document.querySelectorAll(".routes tbody tr").length === 501, null, SOON);
  await page.locator(".routes .spark canvas").first().waitFor(SOON);
  const [script, layout, nodes] = [await seconds("ScriptDuration"), await seconds("LayoutDuration"), await seconds("Nodes")];
  const sparklines = await page.locator(".spark canvas").count();
  console.log(`500 routes: ${script.toFixed(2)} s of script, ${layout.toFixed(2)} s of layout, ${nodes} nodes, ${sparklines} sparklines`);
  equal(sparklines <= SPARKLINES, true, `${sparklines} sparklines`);
  equal(script <= SCRIPT_S, true, `${script} s of script`);

  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
  await page.locator("tr[data-route=route-250]").getByText("route-250", { exact: true }).waitFor(SOON);
  await page.screenshot({ path: `${folder}/many.png` });
  await page.getByLabel("Filter").fill("/service-437/");
  await page.getByText("1 of 501 routes").waitFor(SOON);
  equal(await page.locator(".routes tbody tr:visible").count(), 1, "rows that are left");
  await page.getByLabel("Filter").fill("");
  await page.getByRole("button", { name: "Dial" }).click();
  equal(await page.locator(".routes tbody tr").first().getAttribute("data-route"), "route-499", "the route that is furthest");
  await page.getByRole("button", { name: /^Rust/ }).click();
  await page.getByText("1 of 501 routes").waitFor(SOON);
  quiet();
});
