import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, goBack } from './lib/browser.mjs';
import { LIKE, pause, until } from './lib/nbod.mjs';
import { test } from './lib/runner.mjs';

for (const size of ['phone', 'till']) {
  test(`app, ${size}: placements, cart, after the purchase; what became of them is told`, async ({ nbod, browser }) => {
    const { customerId } = await nbod.person(LIKE.regular);
    const page = await browser.page(size);
    await page.goto(`${nbod.url}/app?customer=${customerId}&locale=en`);
    await page.locator('#home_banner .offer').waitFor();
    await pause(1500);
    await browser.shot(page, `app-${size}-1-home`);
    await assertAccessible(page, 'home');
    await page.locator('#home_banner .primary').click();
    await Promise.all([page.waitForResponse('**/GetOffers'), page.locator('.good').nth(4).click()]);
    await pause(200);
    await page.locator('#cart .offer').scrollIntoViewIfNeeded();
    await pause(1300);
    await page.locator('#cart .secondary').click();
    await until('the declined offer is gone', async () => (await page.locator('#cart .offer').count()) === 0);
    await page.locator('#buy').click();
    await page.locator('#after_purchase .offer').waitFor();
    await browser.shot(page, `app-${size}-2-bought`);
    await assertAccessible(page, 'after the purchase');
    const decisions = (await nbod.entries(customerId)).flatMap((entry) => entry.decision ?? []);
    assert.ok(decisions.some(({ placements }) => placements?.join() === 'home_banner,cart,after_purchase'));
    for (const kind of ['RENDERED', 'CLICKED', 'ACCEPTED', 'DECLINED', 'SEEN']) {
      await until(kind, async () => {
        const told = await nbod.outcomes(customerId);
        return told.some((outcome) => outcome.kind === `OUTCOME_KIND_${kind}`);
      });
    }
    await until('the receipt', async () => (await nbod.receipts(customerId)).some((each) => each.channel === 'CHANNEL_MOBILE_APP'));
    await page.locator('#language').click();
    await page.getByText('Корзина').waitFor();
    await page.getByText('Вы вошли').waitFor();
    await assertAccessible(page, 'in Russian');
    await page.locator('.wire summary').first().click();
    await assertAccessible(page, 'what went over the wire');
    assertQuiet(page);
  });
}

test('app: what was chosen for one customer is not shown to the next', async ({ nbod, browser }) => {
  const [first, second] = [await nbod.person(LIKE.regular), await nbod.person(LIKE.lapsed)];
  const page = await browser.page('phone');
  await page.goto(`${nbod.url}/app?customer=${first.customerId}&locale=en`);
  await page.locator('#home_banner .offer').waitFor();
  await page.locator('.good').nth(4).click();
  await page.locator('#cart .offer').waitFor();
  await page.route('**/GetOffers', async (route) => {
    await pause(1500);
    await route.continue();
  });
  await page.locator('#customer').fill(second.customerId);
  await page.locator('#customer').press('Enter');
  await page.locator('.good').first().click();
  await page.locator('#buy').click();
  assert.equal(await page.locator('.offer').count(), 0);
  await page.locator('#after_purchase .offer').waitFor();
  assertQuiet(page);
});

test('app: an answer that was overtaken still fills the places that nobody asked for since', async ({ nbod, browser }) => {
  const { customerId } = await nbod.person(LIKE.regular);
  const page = await browser.page('phone');
  // The first answer comes when the second is on the screen.
  let release;
  const released = new Promise((done) => (release = done));
  let first = true;
  await page.route('**/GetOffers', async (route) => {
    if (first) {
      first = false;
      await released;
    }
    await route.continue();
  });
  await page.goto(`${nbod.url}/app?customer=${customerId}&locale=en`);
  await page.locator('.good').nth(4).click();
  await page.locator('#cart .offer').waitFor();
  assert.equal(await page.locator('#home_banner .offer').count(), 0);
  release();
  await page.locator('#home_banner .offer').waitFor();
});

test('app: what is seen after the page was hidden is told, too', async ({ nbod, browser }) => {
  const { customerId } = await nbod.person(LIKE.regular);
  const page = await browser.page('phone');
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  const seen = async () => (await nbod.outcomes(customerId)).some((outcome) => outcome.kind === 'OUTCOME_KIND_SEEN');
  await page.goto(`${nbod.url}/app?customer=${customerId}&locale=en`);
  await page.locator('#home_banner .offer').waitFor();
  await hide(true);
  await hide(false);
  assert.equal(await seen(), false);
  await pause(1500);
  await hide(true);
  await until('seen', seen);
});

test('start page: leads to the screens', async ({ nbod, browser }) => {
  const page = await browser.page('till');
  await page.goto(`${nbod.url}/`);
  await assertAccessible(page, 'start');
  await browser.shot(page, 'start');
  for (const name of ['Till', 'Kiosk', 'App']) {
    await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await page.locator('main').waitFor();
    await goBack(page);
  }
  assertQuiet(page);
});
