import puppeteer from "puppeteer-core";
const [,, base, email, out, ...paths] = process.argv;
const b = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--headless","--no-sandbox","--disable-gpu","--no-first-run","--disable-background-networking"] });
for (const w of [375, 1280]) {
  const p = await b.newPage(); await p.setViewport({ width: w, height: w < 500 ? 760 : 800 });
  await p.goto(base + "/connexion"); await p.waitForSelector("input[type=password]", {timeout: 60000});
  await p.type("input[type=email], input[name=email]", email); await p.type("input[type=password]", "navette-demo");
  await p.keyboard.press("Enter"); await new Promise(r => setTimeout(r, 6000));
  for (const path of paths) {
    await p.goto(base + path); await new Promise(r => setTimeout(r, 5000));
    await p.screenshot({ path: `${out}/${w}${path.replace(/[^a-z0-9]+/g, "_")}.png`, fullPage: true });
  }
  await p.close();
}
await b.close();
