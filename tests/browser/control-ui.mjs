// Opens the control UI in headless Chromium and leaves with 0 once its WebSocket has received hello-ok and a screenshot is written.
// usage: control-ui.mjs URL OUT.png    URL carries the gateway's token as the page expects it: http://127.0.0.1:PORT/?token=TOKEN
// CHROMIUM names another browser than /usr/bin/chromium.
import { chromium } from "playwright-core";

const [url, picture] = process.argv.slice(2);
const HELLO_MS = 30_000; // a cold browser on a busy machine; the gateway itself greets in milliseconds

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // The page asks the world for fonts and a picture; a test does not.
  await page.route((to) => to.host !== new URL(url).host, (route) => route.abort());
  page.on("console", (message) => console.log(`console: ${message.text()}`));
  const greeted = greeting(page);
  await page.goto(url);
  await greeted;
  // The header says so once the page has drawn what came with the greeting.
  await page.getByText("Health OK").waitFor({ timeout: HELLO_MS });
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
}

function greeting(page) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no hello-ok")), HELLO_MS).unref();
    page.on("websocket", (socket) => {
      console.log(`websocket: ${socket.url()}`);
      socket.on("framereceived", ({ payload }) => {
        console.log(`received: ${String(payload).slice(0, 160)}`);
        if (String(payload).includes('"hello-ok"')) resolve();
      });
    });
  });
}
