// One view in every theme and size: axe finds nothing, nothing is wider than the screen, and a picture is left of each. The
// page stays the same and is turned and resized, as a person's may be.
// usage: looks.mjs ADMIN PROXY FOLDER home|route
import { LAPTOP, PHONE, SOON, accessible, backend, equal, open, withBrowser } from "./dashboard.mjs";

const [admin, proxy, folder, name] = process.argv.slice(2);
/// Where each view is, and what is on it once it shows something.
const [hash, sign] = {
  home: ["#/", "tr[data-route=orders] .c-rps .legacy .v"],
  route: ["#/route/orders", ".plain tbody tr"],
}[name];

async function look(page, where) {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.screenshot({ path: `${folder}/${where}.png` });
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  equal(beyond, 0, `${where}: pixels beyond the screen`);
  await accessible(page, where);
}

await withBrowser(async (browser) => {
  for (let each = 0; each < 60; each += 1) await backend(proxy, ["/orders/1", "/items/2", "/media/3", "/other"][each % 4]);
  const { page, quiet } = await open(browser, `${admin}/${hash}`);
  await page.locator(sign).filter({ hasText: /\d/ }).first().waitFor(SOON);
  if (name === "route") await page.locator("summary").first().click();
  for (const [size, viewport] of [["laptop", LAPTOP], ["phone", PHONE]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["dark", "light"]) {
      await page.emulateMedia({ colorScheme });
      await look(page, `${name}-${colorScheme}-${size}`);
    }
  }
  quiet();
});
