// Looks at differences whose values are hostile, at samples of them, and accepts one as expected.
// usage: differ.mjs ADMIN PROXY
import { SOON, accessible, backend, equal, open, withBrowser } from "./dashboard.mjs";

const [admin, proxy] = process.argv.slice(2);

/// Values stay text: no element of theirs is on the page, and no script of theirs ran.
async function staysText(page) {
  equal(await page.locator("main :is(img, script, iframe, svg)").count(), 0, "elements that a value made");
  equal(await page.evaluate(() => window.owned ?? null), null, "what a value's script left");
}

async function differences(page) {
  await page.locator("summary", { hasText: "json:/name" }).click();
  const item = page.locator("details[open]");
  await item.locator(".legacy pre").getByText("<img src=x onerror=window.owned=1>blue").waitFor(SOON);
  equal(await item.locator(".legacy mark").textContent(), "img src=x onerror=window.owned=1>blue", "what is marked of the legacy's");
  equal(await item.locator(".rust mark").textContent(), "script>window.owned=1</script>red", "what is marked of rust's");
  await item.getByRole("button", { name: "Show samples" }).click();
  await item.locator(".sample").first().getByText("onerror=window.owned").first().waitFor(SOON);
  await staysText(page);
}

async function accept(page) {
  await page.locator("summary", { hasText: "json:/price" }).click();
  const item = page.locator("details", { has: page.locator("summary", { hasText: "json:/price" }) });
  await item.getByRole("button", { name: "Accept as expected…" }).click();
  const dialog = page.getByRole("dialog", { name: "Accept as expected" });
  await dialog.locator(".rule").getByText("json:/price").waitFor(SOON);
  await dialog.getByLabel("Why").fill("the legacy <b>rounds</b>");
  await dialog.locator(".rule").getByText("the legacy <b>rounds</b>").waitFor(SOON);
  await accessible(page, "the form for a rule");
  await dialog.getByRole("button", { name: "Write the rule" }).click();
  await dialog.waitFor({ state: "detached", ...SOON });
}

await withBrowser(async (browser) => {
  for (let each = 0; each < 20; each += 1) await backend(proxy, `/orders/${each}?<b>=<script>window.owned=1</script>`);
  const { page, quiet } = await open(browser, `${admin}/#/route/orders`);
  await differences(page);
  await accept(page);
  await staysText(page);
  quiet();
});
