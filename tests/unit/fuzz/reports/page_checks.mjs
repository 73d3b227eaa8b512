// Opens a page in Chromium at three widths, light and dark, and prints what is wrong with it as JSON.
//   node page_checks.mjs NODE_MODULES CHROMIUM PAGE.html [FOLDER for screenshots]
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";

const [modules, executablePath, file, pictures] = process.argv.slice(2);
const require = createRequire(path.join(modules, "here.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "page-checks-"));
const quiet = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
  "disable-component-update", "disable-sync"];
const context = await chromium.launchPersistentContext(profile, {
  executablePath, headless: true, bypassCSP: true, args: quiet.map((one) => `--${one}`),
});
const told = [];

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run());
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200))}`);
}

try {
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 800, 1440]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`file://${path.resolve(file)}`);
      const loaded = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (pictures) {
        await page.screenshot({ path: path.join(pictures, `${width}-${colorScheme}.png`), fullPage: true });
      }
      told.push({ width, colorScheme, loaded, overflow, violations: await violations(page) });
    }
  }
  const elsewhere = asked.filter((url) => !url.startsWith("file://"));
  console.log(JSON.stringify({ views: told, elsewhere, errors }));
} finally {
  await context.close();
  fs.rmSync(profile, { recursive: true, force: true });
}
