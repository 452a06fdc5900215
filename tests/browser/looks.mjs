// Both views in every theme and size: axe finds nothing, nothing is wider than the screen, and a picture is left of each.
// usage: looks.mjs ADMIN PROXY FOLDER
import { LAPTOP, PHONE, SOON, accessible, backend, equal, open, withBrowser } from "./dashboard.mjs";

const [admin, proxy, folder] = process.argv.slice(2);
const VIEWS = [["home", "#/", "tr[data-route=orders] .c-rps .legacy .v"], ["route", "#/route/orders", ".plain tbody tr"]];

async function look(browser, [name, hash, sign], [size, viewport], colorScheme) {
  const { page, quiet } = await open(browser, `${admin}/${hash}`, { viewport, colorScheme });
  await page.locator(sign).filter({ hasText: /\d/ }).first().waitFor(SOON);
  if (name === "route") await page.locator("summary").first().click();
  const where = `${name}-${colorScheme}-${size}`;
  await page.screenshot({ path: `${folder}/${where}.png` });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  equal(over, 0, `${where}: pixels beyond the screen`);
  await accessible(page, where);
  quiet();
  await page.close();
}

await withBrowser(async (browser) => {
  for (let each = 0; each < 60; each += 1) await backend(proxy, ["/orders/1", "/items/2", "/media/3", "/other"][each % 4]);
  for (const view of VIEWS) {
    for (const size of [["laptop", LAPTOP], ["phone", PHONE]]) {
      for (const colorScheme of ["dark", "light"]) await look(browser, view, size, colorScheme);
    }
  }
});
