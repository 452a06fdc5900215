// Opens a page of the dashboard, waits for the sign that it has something to show, and takes a picture of all of it.
// usage: picture.mjs URL SIGN OUT.png
import { SOON, open, withBrowser } from "./dashboard.mjs";

const [url, sign, picture] = process.argv.slice(2);

await withBrowser(async (browser) => {
  const { page, quiet } = await open(browser, url);
  await page.locator(sign).filter({ hasText: /\d/ }).first().waitFor(SOON);
  await page.screenshot({ path: picture, fullPage: true });
  quiet();
});
