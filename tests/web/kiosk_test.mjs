import assert from 'node:assert/strict';
import { assertAccessible, assertQuiet, goBack } from './lib/browser.mjs';
import { LIKE, pause, until } from './lib/nbod.mjs';
import { test } from './lib/runner.mjs';
import { identifyAtKiosk, openKiosk } from './lib/screens.mjs';

const FORGOTTEN_MS = 20_000;

for (const size of ['portrait', 'landscape', 'phone']) {
  test(`kiosk, ${size}: from the invitation to thank you`, async ({ nbod, browser }) => {
    const { card } = await nbod.person(LIKE.regular);
    const page = await openKiosk(browser, nbod.url, size);
    await browser.shot(page, `kiosk-${size}-1-invitation`);
    await assertAccessible(page, 'invitation');
    await page.locator('.begin').click();
    await browser.shot(page, `kiosk-${size}-2-identification`);
    await assertAccessible(page, 'identification');
    for (const digit of card) await page.locator('.pad-key', { hasText: digit }).click();
    await page.locator('.identify .primary').click();
    await until('two to four offers', async () => {
      const count = await page.locator('.card').count();
      return count >= 2 && count <= 4;
    });
    await page.getByText('Chosen for you').waitFor();
    await pause(500);
    await browser.shot(page, `kiosk-${size}-3-offers`);
    await assertAccessible(page, 'offers');
    await assertTouchable(page);

    const before = await page.locator('.card h2').allInnerTexts();
    await page.locator('.pick', { hasText: 'Cereal' }).click();
    await page.locator('.pick', { hasText: 'Chips' }).click();
    await until('other offers for this basket', async () => {
      const after = await page.locator('.card h2').allInnerTexts();
      return after.length > 0 && after.join() !== before.join();
    });
    await page.locator('.card .primary').first().click();
    await page.locator('.card-taken').waitFor();
    const left = await page.locator('.card').count();
    await page.locator('.card .secondary').first().click();
    await until('the card is gone', async () => (await page.locator('.card').count()) === left - 1);
    await page.locator('.language').click();
    await page.getByText('Ваша корзина').waitFor();
    await until('offers in Russian', async () => /[а-я]/.test(await page.locator('.card h2').first().innerText()));
    await pause(300);
    await browser.shot(page, `kiosk-${size}-4-russian`);
    await assertAccessible(page, 'offers in Russian');
    await page.locator('.pay').click();
    await page.locator('.thanks').waitFor();
    await browser.shot(page, `kiosk-${size}-5-thanks`);
    await assertAccessible(page, 'thanks');
    assertQuiet(page);
  });
}

// Nothing to touch is smaller than 64 px either way, and nothing sticks out.
async function assertTouchable(page) {
  const faults = await page.evaluate(() => {
    const small = [...document.querySelectorAll('button')].flatMap((each) => {
      const { width, height, right } = each.getBoundingClientRect();
      return width > 0 && (width < 64 || height < 64 || right > innerWidth + 1) ? [`${each.textContent} ${width}x${height}`] : [];
    });
    const cut = [...document.querySelectorAll('.card-words')].filter((each) => each.scrollHeight > each.clientHeight + 1);
    return [...small, ...cut.map((each) => `cut off: ${each.textContent}`)];
  });
  assert.deepEqual(faults, []);
}

test('kiosk: what was seen is told, with time and share, before the receipt', async ({ nbod, browser }) => {
  const { customerId, card } = await nbod.person(LIKE.lapsed);
  const page = await openKiosk(browser, nbod.url, 'portrait');
  await identifyAtKiosk(page, card);
  await page.locator('.card').nth(1).waitFor();
  await pause(2500);
  await page.locator('.pick').first().click();
  await pause(500);
  await page.locator('.pay').click();
  const outcomes = await until('outcomes', async () => {
    const found = await nbod.outcomes(customerId);
    return found.filter((each) => each.kind === 'OUTCOME_KIND_SEEN').length >= 2 && found;
  });
  const seen = outcomes.filter((each) => each.kind === 'OUTCOME_KIND_SEEN');
  for (const { visibleMs, visibleShare } of seen) {
    assert.ok(visibleMs >= 1000 && visibleMs < 60_000, String(visibleMs));
    assert.ok(visibleShare >= 0.9 && visibleShare <= 1, String(visibleShare));
  }
  assert.ok(outcomes.some((each) => each.kind === 'OUTCOME_KIND_RENDERED'));
  await until('the receipt', async () => (await nbod.receipts(customerId)).some((receipt) => receipt.channel === 'CHANNEL_KIOSK'));
});

test('kiosk: after 20 idle seconds nothing of anybody is left', async ({ nbod, browser }) => {
  const { card, customerId } = await nbod.person(LIKE.regular);
  const page = await openKiosk(browser, nbod.url, 'portrait');
  const address = page.url();
  await identifyAtKiosk(page, card);
  await page.locator('.pick', { hasText: 'Milk' }).click();
  const reasons = await page.locator('.card-reason').allInnerTexts();
  assert.ok(reasons.length > 0, 'something personal is on the screen');
  const prices = await page.locator('.card-price').allInnerTexts();
  assert.ok(prices.some((each) => /^\$\d+\.\d\d off$/.test(each)), prices.join());
  const personal = [...reasons, 'Your basket', card, customerId];
  const idleSince = performance.now();
  await page.locator('#still-there').waitFor({ timeout: FORGOTTEN_MS });
  await browser.shot(page, 'kiosk-portrait-6-still-there');
  await assertAccessible(page, 'still there?');
  await page.locator('.attract').waitFor({ timeout: FORGOTTEN_MS });
  // The rest is what the driver and a busy machine take.
  assert.ok(performance.now() - idleSince <= FORGOTTEN_MS + 4000);
  await browser.shot(page, 'kiosk-portrait-7-forgotten');
  await assertNothingLeft(page, address, personal);

  // Nor does going back bring anything.
  await page.goto('about:blank');
  await goBack(page);
  await page.locator('.attract').waitFor();
  await assertNothingLeft(page, address, personal);
});

test('kiosk: a page that is left in the middle shows nothing when one comes back', async ({ nbod, browser }) => {
  const { card, customerId } = await nbod.person(LIKE.regular);
  const page = await openKiosk(browser, nbod.url, 'portrait');
  const address = page.url();
  await identifyAtKiosk(page, card);
  const personal = [...(await page.locator('.card-reason').allInnerTexts()), card, customerId];
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (globalThis.persisted = persisted)));
  await page.goto(`${nbod.url}/`);
  await goBack(page);
  await page.locator('.attract').waitFor();
  assert.equal(await page.evaluate(() => globalThis.persisted), true, 'it is the page that was left, not a new one');
  await assertNothingLeft(page, address, personal);
});

async function assertNothingLeft(page, address, personal) {
  const left = await page.evaluate(async () => ({
    dom: document.documentElement.outerHTML,
    fields: [...document.querySelectorAll('input')].map((field) => field.value).join(),
    storage: JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await globalThis.caches?.keys())?.length ?? 0,
    state: JSON.stringify(history.state),
    title: document.title,
  }));
  for (const words of personal) {
    assert.ok(!left.dom.includes(words), `in the page: ${words}`);
    assert.ok(!left.fields.includes(words) && !left.title.includes(words), words);
  }
  assert.equal(left.storage, '{}{}');
  assert.equal(left.databases, 0);
  assert.equal(left.caches, 0);
  assert.equal(left.state, 'null');
  assert.equal(page.url(), address);
}

test('kiosk: never blank, whether the server is there or not', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.regular);
  const page = await openKiosk(browser, nbod.url, 'portrait');
  await nbod.kill();
  try {
    await page.keyboard.type(card);
    await page.keyboard.press('Enter');
    await page.locator('.card').first().waitFor();
    assert.equal(await page.locator('h1').innerText(), 'Offers for everybody');
    await page.locator('.pick').first().click();
    await page.locator('.basket-lines li').waitFor();
    await browser.shot(page, 'kiosk-portrait-8-away');
  } finally {
    await nbod.start();
  }
  await page.getByText('Chosen for you').waitFor({ timeout: 15_000 });
});

test('kiosk: a card scanned among the goods is a card', async ({ nbod, browser }) => {
  const [first, second] = [await nbod.person(LIKE.regular), await nbod.person(LIKE.lapsed)];
  const page = await openKiosk(browser, nbod.url, 'portrait');
  const lines = () => page.locator('.basket-lines li').count();
  const decided = (person) =>
    until(`offers for ${person.customerId}`, async () =>
      (await nbod.entries(person.customerId)).some(({ decision }) => decision?.channel === 'CHANNEL_KIOSK'));
  await page.locator('.begin').click();
  await page.getByText('Go on without a card').click();
  await page.locator('.pick').first().click();
  // Nobody was known: the goods are this person's.
  await identifyAtKiosk(page, first.card);
  await decided(first);
  await page.getByText('Chosen for you').waitFor();
  assert.equal(await lines(), 1);
  await identifyAtKiosk(page, first.card);
  assert.equal(await lines(), 1, 'the same card again changes nothing');
  await identifyAtKiosk(page, '526615');
  assert.equal(await lines(), 2, 'an article is goods');
  await page.locator('.card .primary').first().click();
  await page.locator('.card-taken').waitFor();
  // Somebody else begins with nothing.
  await identifyAtKiosk(page, second.card);
  await decided(second);
  await page.getByText('Chosen for you').waitFor();
  assert.equal(await lines(), 0);
  assert.equal(await page.locator('.card-taken').count(), 0);
  assertQuiet(page);
});

test('kiosk: a touch on "Yes, go on" presses nothing underneath', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.regular);
  const prepare = (page) => page.clock.install();
  const page = await openKiosk(browser, nbod.url, 'portrait', { hasTouch: true, prepare });
  await identifyAtKiosk(page, card);
  await page.evaluate(() => {
    globalThis.pressed = 0;
    document.getElementById('stage').addEventListener('click', () => (globalThis.pressed += 1));
  });
  for (const wakeUp of [() => page.locator('#stay').tap(), () => page.keyboard.press('Enter'), () => page.keyboard.press('a')]) {
    await page.clock.fastForward(13_000);
    await page.locator('#still-there').waitFor();
    await wakeUp();
    await page.locator('#still-there').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => globalThis.pressed), 0);
  }
});

test('kiosk: a language is the choice of one person', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.regular);
  const page = await openKiosk(browser, nbod.url, 'portrait', { prepare: (each) => each.clock.install() });
  const slides = (what, letters) =>
    until(what, async () => letters.test(await page.locator('.slide-title').first().textContent()));
  await page.locator('.language').click();
  await slides('slides in Russian', /[а-я]/);
  // Nobody followed.
  await page.clock.fastForward(21_000);
  await slides('slides in English again', /^[^а-я]+$/);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');

  await page.locator('.begin').click();
  await page.locator('.pad-key', { hasText: '7' }).click();
  await page.locator('.language').click();
  await page.getByText('Кто вы?').waitFor();
  assert.equal(await page.locator('#number').inputValue(), '7', 'what was keyed in stays');
  await page.getByText('Назад').click();
  await slides('slides in English after all', /^[^а-я]+$/);

  // Chosen before the first answer came.
  await page.route('**/checkout/*', async (route) => {
    await pause(200);
    await route.continue();
  });
  await page.keyboard.type(card);
  await page.keyboard.press('Enter');
  await page.locator('.shop .language').click();
  await until('offers in Russian', async () => /[а-я]/.test(await page.locator('.card h2').first().textContent()));
});

test('kiosk: nothing is told of offers that were lent by another checkout', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.regular);
  const told = [];
  const lent = [];
  const prepare = (page) => {
    page.on('request', (request) => {
      if (request.url().endsWith('/RecordOutcome')) told.push(request.postDataJSON().outcome.attributionToken);
    });
    page.on('response', async (response) => {
      if (response.url().endsWith('/GetOffers')) lent.push(...(await response.json()).offers.map((each) => each.attributionToken));
    });
  };
  const page = await openKiosk(browser, nbod.url, 'portrait', { prepare });
  await page.route('**/checkout/*', async (route) => {
    await pause(2000);
    await route.continue();
  });
  await identifyAtKiosk(page, card);
  assert.equal(await page.locator('h1').innerText(), 'Offers for everybody');
  await page.getByText('Chosen for you').waitFor();
  await pause(1200);
  await page.getByText('Leave').click();
  await until('what was seen of the real offers is told', () => told.length > 0);
  assert.ok(lent.length > 0);
  assert.deepEqual(told.filter((token) => lent.includes(token)), []);
});
