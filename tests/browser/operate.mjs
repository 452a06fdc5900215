// Turns a dial on the page, with the pointer and with the keyboard alone, and asks the sidecar who answers then.
// usage: operate.mjs ADMIN PROXY
import { SOON, accessible, backend, equal, open, tabTo, withBrowser } from "./dashboard.mjs";

const [admin, proxy] = process.argv.slice(2);
const ask = () => backend(proxy, "/orders/1");

async function traffic() {
  for (let each = 0; each < 40; each += 1) await backend(proxy, each % 2 === 0 ? "/orders/1" : "/media/1");
}

async function rowsShowTraffic(page) {
  await traffic();
  const row = page.locator("tr[data-route=orders]");
  await row.locator(".c-rps .legacy .v").filter({ hasText: /^\d/ }).waitFor(SOON);
  await row.locator(".c-p99 .rust .v").filter({ hasText: /ms$/ }).waitFor(SOON);
  await page.locator("tr[data-route=media] .c-rps .rust .v").filter({ hasText: /^\d/ }).waitFor(SOON);
  equal(await page.title().then((title) => /native · 1 of 5 routes moved/.test(title)), true, `the title ${await page.title()}`);
}

async function withThePointer(page) {
  await page.getByRole("link", { name: "orders", exact: true }).click();
  await page.getByRole("button", { name: "100 %", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Set orders to 100 %?" });
  await dialog.getByText("answers every request").waitFor(SOON);
  await accessible(page, "the question");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  equal(await ask(), "legacy", "who answers after Cancel");

  await page.getByRole("button", { name: "100 %", exact: true }).click();
  await page.getByRole("button", { name: "Set to 100 %" }).click();
  await page.locator(".dial-panel .value").filter({ hasText: "100 %" }).waitFor(SOON);
  equal(await ask(), "rust", "who answers after a click on 100 %");
  await page.getByRole("log").getByText("orders: 0 % → 100 %, by page").waitFor(SOON);
  await page.locator(".history li[data-by=page]").getByText("0 % → 100 %").waitFor(SOON);

  await page.getByRole("button", { name: "Roll back…" }).click();
  await page.getByRole("button", { name: "Roll back", exact: true }).click();
  await page.locator(".dial-panel .value").filter({ hasText: /^0 %$/ }).waitFor(SOON);
  equal(await ask(), "legacy", "who answers after the rollback");
}

async function withTheKeyboard(page) {
  await page.goto(`${admin}/#/`);
  await page.reload();
  await page.locator("tr[data-route=orders]").waitFor(SOON);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  equal(await page.evaluate(() => document.activeElement.id), "main", "where the skip link leads");
  await tabTo(page, "tr[data-route=orders] a");
  await page.keyboard.press("Enter");
  await page.locator(".dial-panel .value").filter({ hasText: "0 %" }).waitFor(SOON);
  await tabTo(page, "#dial");
  await page.keyboard.type("100");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor(SOON);
  await page.keyboard.press("Escape");
  equal(await ask(), "legacy", "who answers after Escape");
  await page.locator("#dial").focus();
  await page.keyboard.press("Enter");
  // The safe answer has the focus; the other is one Tab away.
  await page.getByRole("dialog").waitFor(SOON);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(".dial-panel .value").filter({ hasText: "100 %" }).waitFor(SOON);
  equal(await ask(), "rust", "who answers after Enter");
}

/// A dial that somebody turned is theirs until it is handed back.
async function withThePilot(page) {
  await page.goto(`${admin}/#/route/piloted`);
  const state = (word) => page.locator("#pilot-title .state").filter({ hasText: word }).waitFor(SOON);
  await state("on");
  await page.getByRole("button", { name: "40 %", exact: true }).click();
  await page.getByRole("dialog").getByText("The pilot pauses for this route").waitFor(SOON);
  await page.getByRole("button", { name: "Set to 40 %" }).click();
  await state("paused");
  await page.getByRole("button", { name: "Resume the pilot" }).click();
  await state("on");
  await page.getByRole("button", { name: "Resume the pilot" }).waitFor({ state: "hidden", ...SOON });
}

await withBrowser(async (browser) => {
  const { page, quiet } = await open(browser, `${admin}/`);
  await rowsShowTraffic(page);
  await withThePointer(page);
  await withTheKeyboard(page);
  await withThePilot(page);
  quiet();
});
