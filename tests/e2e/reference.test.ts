import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { document } from "../openapi/reply-schemas.ts";
import { chromiumPath } from "../support/chromium.ts";
import { type LocalStack, startLocalStack } from "./local-stack.ts";

jest.setTimeout(120_000);

const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.warn(
    "No Chromium here, so the page at /docs is not tried in one: apt-get install chromium, or set CHROMIUM.",
  );
}
const inBrowser = executablePath === undefined ? it.skip : it;

const data = mkdtempSync(join(tmpdir(), "reference-"));
let stack: LocalStack;
let browser: Browser;
let page: Page;
const asked: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  if (executablePath === undefined) return;
  stack = await startLocalStack(data);
  // A sandbox needs what containers and root don't have; the page comes from this repository.
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser?.close();
  stack?.process.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});

/** The page, once it shows the document. */
async function open(address: string, from: Browser | BrowserContext = browser): Promise<void> {
  page = await from.newPage();
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(address);
  await page.waitForSelector(".opblock");
}
afterEach(async () => {
  await page?.close();
  asked.length = 0;
  complaints.length = 0;
});

/** Sends the example of an operation from the page, and gives what the page shows of the answer. */
async function tryOut(tag: string, operation: string) {
  const block = page.locator(`#operations-${tag}-${operation}`);
  await block.locator(".opblock-summary-control").click();
  await block.locator("button.execute").click();
  const live = block.locator(".live-responses-table");
  await live.waitFor();
  return {
    address: await block.locator(".request-url pre").innerText(),
    status: (await live.locator("tbody .response-col_status").first().innerText()).trim(),
    body: await live.locator(".highlight-code code").first().innerText(),
  };
}

describe("the page at /docs", () => {
  inBrowser(
    "shows every operation, asks no other host, and breaks no policy of its own",
    async () => {
      await open(`${stack.apiUrl}/docs`);
      const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
      expect(await page.locator(".opblock").count()).toBe(operations.length);
      expect(
        asked.filter((url) => !url.startsWith(`${stack.apiUrl}/`) && !url.startsWith("data:")),
      ).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  inBrowser("sends requests to the stack it came from, with a key that was entered", async () => {
    await open(`${stack.apiUrl}/docs`);
    await page.locator(".auth-wrapper button.authorize").first().click();
    const key = page.locator(".auth-container", { hasText: "apiKey" });
    await key.locator("input").fill(stack.demoUser?.apiKey ?? "");
    await key.locator("button.authorize").click();
    await page.locator(".close-modal").click();
    const answer = await tryOut("Chat", "chat-completions");
    expect(answer).toMatchObject({ address: `${stack.apiUrl}/v1/chat/completions`, status: "200" });
    expect(JSON.parse(answer.body)).toMatchObject({ object: "chat.completion" });
    expect(complaints).toEqual([]);
  });

  inBrowser("works below a prefix, as API Gateway's stages have one", async () => {
    const context = await browser.newContext();
    await context.route(`${stack.apiUrl}/dev/**`, async (route) => {
      const url = route.request().url().replace("/dev/", "/");
      await route.fulfill({ response: await route.fetch({ url }) });
    });
    await open(`${stack.apiUrl}/dev/docs`, context);
    const answer = await tryOut("Service", "liveness");
    expect(answer).toMatchObject({ address: `${stack.apiUrl}/dev/health`, status: "200" });
    await context.close();
  });
});
