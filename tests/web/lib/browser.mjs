// Debian's Chromium, driven by playwright-core; screenshots and axe-core's findings.
import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const SIZES = {
  till: { width: 1024, height: 768 },
  portrait: { width: 1080, height: 1920 },
  landscape: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844 },
};

export class Browser {
  constructor(browser, directory) {
    this.browser = browser;
    this.directory = directory;
    this.contexts = [];
    mkdirSync(directory, { recursive: true });
  }

  static async launch(executablePath, directory) {
    // As root, in a container, there is no sandbox to be had.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    // Playwright switches off that pages are kept to go back to; people's browsers keep them.
    const ignoreDefaultArgs = ['--disable-back-forward-cache'];
    return new Browser(await chromium.launch({ executablePath, args, ignoreDefaultArgs }), directory);
  }

  // A page with nothing stored. Errors of scripts, and requests to elsewhere, fail the test: see assertQuiet().
  async page(size, options = {}) {
    const context = await this.browser.newContext({ viewport: SIZES[size], locale: 'en-US', ...options });
    this.contexts.push(context);
    return this.open(context);
  }

  async open(context) {
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      // What is away is away: the browser notes each request that was not answered.
      if (message.type() === 'error' && !text.includes('Failed to load resource')) page.problems.push(text);
    });
    page.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (hostname !== '127.0.0.1' && protocol !== 'data:') page.problems.push(`asks elsewhere: ${request.url()}`);
    });
    return page;
  }

  async shot(page, name) {
    await page.screenshot({ path: join(this.directory, `${name}.png`) });
  }

  async keepFailure(name) {
    for (const context of this.contexts) {
      for (const page of context.pages()) {
        await this.shot(page, `FAILED ${name.replace(/[^\w ]/g, '')}`).catch(() => undefined);
      }
    }
  }

  async closePages() {
    for (const context of this.contexts.splice(0)) await context.close().catch(() => undefined);
  }

  async close() {
    await this.browser.close();
  }
}

// page.goBack() waits for a page to be loaded, and one that was kept is not.
export async function goBack(page) {
  await page.evaluate(() => history.back()).catch(() => undefined);
}

export function assertQuiet(page) {
  if (page.problems.length > 0) throw new Error(`the page complains: ${page.problems.join('; ')}`);
}

// Throws with what axe-core finds serious or critical by WCAG 2.2 A and AA.
export async function assertAccessible(page, state) {
  // By its text rather than as a script of the page: the page's policy allows none from elsewhere.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }),
  );
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  if (serious.length === 0) return violations.length;
  const lines = serious.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`,
  );
  throw new Error(`${state}: ${lines.join('\n')}`);
}
