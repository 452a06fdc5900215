// Logs in with a wrong token and with the right one, stays logged in, and logs out.
// usage: login.mjs ADMIN TOKEN
import { SOON, accessible, equal, open, withBrowser } from "./dashboard.mjs";

const [admin, token] = process.argv.slice(2);

await withBrowser(async (browser) => {
  // The wrong token's answer is the one thing that the browser itself complains about.
  const { page, quiet } = await open(browser, `${admin}/`, { allowed: /401/ });
  await accessible(page, "the login");
  await page.getByLabel("Admin token").fill("guess");
  await page.keyboard.press("Enter");
  await page.getByText("That is not the token.").waitFor(SOON);
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("tr[data-route=orders]").waitFor(SOON);
  equal(await page.evaluate(() => document.cookie), "", "what a script can read of the session");
  equal(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage])), "[{},{}]", "what the page keeps");
  await page.getByText("Live", { exact: true }).waitFor(SOON);
  await page.reload();
  await page.locator("tr[data-route=orders]").waitFor(SOON);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Admin token").waitFor(SOON);
  quiet();
});
