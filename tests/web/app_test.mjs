import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet } from './lib/browser.mjs';
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
    await page.locator('.good').nth(4).click();
    await page.locator('#cart .offer').waitFor();
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

test('start page: leads to the screens', async ({ nbod, browser }) => {
  const page = await browser.page('till');
  await page.goto(`${nbod.url}/`);
  await assertAccessible(page, 'start');
  await browser.shot(page, 'start');
  for (const name of ['Till', 'Kiosk', 'App']) {
    await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await page.locator('main').waitFor();
    await page.goBack();
  }
  assertQuiet(page);
});
