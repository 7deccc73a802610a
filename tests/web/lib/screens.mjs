// What people do at the screens, in one place.
import { until } from './nbod.mjs';

export class TillPage {
  constructor(page, browser) {
    this.page = page;
    this.browser = browser;
  }

  static async open(browser, url, page = undefined, size = 'till', more = '') {
    const till = new TillPage(page ?? (await browser.page(size)), browser);
    await till.page.goto(`${url}/pos?store=391&terminal=4&operator=anna&locale=en${more}`);
    await till.linkIs('live');
    return till;
  }

  // As a scanner does: all keys at once, then Enter.
  async scan(code) {
    await this.page.keyboard.insertText(code);
    await this.page.keyboard.press('Enter');
  }

  async key(...names) {
    for (const name of names) await this.page.keyboard.press(name);
  }

  text(id) {
    return this.page.locator(`#${id}`).innerText();
  }

  async scriptFor(words, timeoutMs) {
    await until(`the screen says '${words}'`, async () => (await this.text('for-whom')).includes(words), timeoutMs);
    return (await this.text('script')).trim();
  }

  // The server's answer is there, of whatever tier.
  answered() {
    return until('an answer', async () => /for (this|everybody)/i.test(await this.text('for-whom')));
  }

  linkIs(link, timeoutMs = 15_000) {
    return this.page.locator(`#link[data-link='${link}']`).waitFor({ timeout: timeoutMs });
  }

  lines() {
    return this.page.locator('#lines .line').count();
  }

  async waiting() {
    const pill = this.page.locator('#queue');
    return (await pill.isVisible()) ? Number.parseInt(await pill.innerText(), 10) : 0;
  }

  async sentAll(timeoutMs = 20_000) {
    await until('all is sent', async () => (await this.waiting()) === 0, timeoutMs);
  }

  // The id of the receipt that was just closed.
  async receiptId() {
    const words = await this.scriptFor('Receipt');
    return words && (await this.text('for-whom')).replace('Receipt', '').trim();
  }

  shot(name) {
    return this.browser.shot(this.page, name);
  }
}

// `prepare` is done with the page before it is loaded; `options` are Chromium's of the page.
export async function openKiosk(browser, url, size, { prepare, ...options } = {}) {
  const page = await browser.page(size, options);
  await prepare?.(page);
  await page.goto(`${url}/kiosk?store=391&terminal=k1&locale=en`);
  await page.locator('.slide').first().waitFor();
  return page;
}

// From the invitation to the offers, by scanning a card.
export async function identifyAtKiosk(page, card) {
  await page.keyboard.type(card);
  await page.keyboard.press('Enter');
  await page.locator('.card').first().waitFor();
}
