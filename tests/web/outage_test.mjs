import assert from 'node:assert/strict';
import { assertAccessible } from './lib/browser.mjs';
import { LIKE, pause, until } from './lib/nbod.mjs';
import { figure, test } from './lib/runner.mjs';
import { TillPage } from './lib/screens.mjs';

const ofKind = (outcomes, kind) => outcomes.filter((each) => each.kind === `OUTCOME_KIND_${kind}`).length;

test('outage: the server is killed in a checkout and brought back; nothing is lost, nothing counts twice', async ({ nbod, browser }) => {
  const [person, next, third] = [await nbod.person(LIKE.regular), await nbod.person(LIKE.lapsed), await nbod.person(LIKE.milk)];
  const before = (await nbod.receipts(person.customerId)).length;
  const till = await TillPage.open(browser, nbod.url);
  await till.scan(person.card);
  await till.scriptFor('For this customer');
  await till.scan('526615');
  await till.key('F4');
  await till.sentAll();

  await nbod.kill();
  const waits = [];
  for (const [code, count] of [['883404', 2], ['1082185', 3], ['847982', 4]]) {
    const begin = performance.now();
    await till.scan(code);
    await until('the line is in the basket', async () => (await till.lines()) === count);
    waits.push(performance.now() - begin);
  }
  await till.linkIs('away');
  await till.key('F6');
  await till.shot('outage-1-away-in-checkout');
  await till.key('F9');
  const first = await till.receiptId();
  assert.ok((await till.waiting()) >= 2, 'the answer and the receipt wait');
  assert.match(await till.text('why'), /sent when the server is back/);

  // The next customer comes while it is away.
  await till.scan(next.card);
  await till.scriptFor('Last known offers');
  await till.scan('822646');
  await assertAccessible(till.page, 'away');
  await till.shot('outage-2-last-known');
  await till.key('F8', '1');
  await till.key('F9');
  const second = await till.receiptId();
  await till.shot('outage-3-waiting');

  await nbod.start();
  const back = performance.now();
  await till.sentAll();
  figure(`outage: ${((performance.now() - back) / 1000).toFixed(1)} s from the server's return until all was sent; ` +
    `scans while it was away took at most ${Math.max(...waits).toFixed(0)} ms (with the driver)`);

  const receipts = await nbod.receipts(person.customerId);
  assert.equal(receipts.filter((receipt) => receipt.receiptId === first).length, 1);
  assert.equal(receipts.length, before + 1);
  assert.equal(receipts.find((receipt) => receipt.receiptId === first).lines.length, 4);
  assert.equal((await nbod.receipts(next.customerId)).filter((receipt) => receipt.receiptId === second).length, 1);
  const outcomes = await nbod.outcomes(person.customerId);
  assert.equal(ofKind(outcomes, 'SPOKEN'), 1);
  assert.equal(ofKind(outcomes, 'ACCEPTED'), 1);

  // And the till serves on.
  await till.linkIs('live');
  await till.scan(third.card);
  await till.scriptFor('For this customer');
  await till.shot('outage-4-back');
});

test('outage: a checkout goes on with a restarted server', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.lapsed);
  const till = await TillPage.open(browser, nbod.url);
  await till.scan(card);
  const first = await till.scriptFor('For this customer');
  await nbod.kill();
  await till.scan('2*825343');
  await nbod.start();
  await until('the script for this basket', async () => (await till.text('script')).trim() !== first, 20_000);
  assert.match(await till.text('why'), /45 days/);
});

test('outage: another card shows nothing of the person before', async ({ nbod, browser }) => {
  const [first, second] = [await nbod.person(LIKE.regular), await nbod.person(LIKE.lapsed)];
  const till = await TillPage.open(browser, nbod.url);
  await till.scan(first.card);
  await till.scriptFor('For this customer');
  await nbod.kill();
  try {
    await till.key('F2');
    await till.scan(second.card);
    await till.scriptFor('Last known offers');
    assert.equal(await till.page.locator('.script-panel').getAttribute('data-mood'), 'memory');
  } finally {
    await nbod.start();
  }
  await till.scriptFor('For this customer');
  assert.ok((await till.text('for-whom')).includes(second.card.slice(-4)));
});

test('outage: answers that are lost on the way are asked for again, and count once', async ({ nbod, browser }) => {
  const { customerId, card } = await nbod.person(LIKE.milk);
  const before = (await nbod.receipts(customerId)).length;
  const till = await TillPage.open(browser, nbod.url);
  let lost = 0;
  // The server takes it and answers; the till never hears of it, the first time.
  const loseFirst = (pattern) => {
    let first = true;
    return till.page.route(pattern, async (route) => {
      const isClose = !pattern.includes('checkout') || route.request().postData()?.includes('"close"');
      if (!first || !isClose) return route.continue();
      first = false;
      lost += 1;
      await route.fetch();
      await route.abort('connectionreset');
    });
  };
  await till.scan(card);
  await till.scriptFor('For this customer');
  await loseFirst('**/nbo.v1.EventService/RecordOutcome');
  await loseFirst('**/checkout/*');
  await till.key('F4');
  await till.scan('995242');
  await till.key('F9');
  const id = await till.receiptId();
  await till.sentAll();
  assert.equal(lost, 2);
  const receipts = await nbod.receipts(customerId);
  assert.equal(receipts.length, before + 1);
  assert.equal(receipts.filter((receipt) => receipt.receiptId === id).length, 1);
  assert.equal(ofKind(await nbod.outcomes(customerId), 'SPOKEN'), 1);
});

test('outage: what waits outlives the page', async ({ nbod, browser }) => {
  const { customerId, card } = await nbod.person(LIKE.regular);
  const till = await TillPage.open(browser, nbod.url);
  const { page } = till;
  await till.scan(card);
  await till.scriptFor('For this customer');
  await till.scan('526615');
  await nbod.kill();
  await till.key('F6', 'F9');
  const id = await till.receiptId();
  assert.ok((await till.waiting()) >= 2);
  const context = page.context();
  await page.close();
  await nbod.start();
  const again = await TillPage.open(browser, nbod.url, await browser.open(context));
  await again.sentAll();
  assert.equal((await nbod.receipts(customerId)).filter((receipt) => receipt.receiptId === id).length, 1);
});

test('outage: a slow server blocks nobody', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.regular);
  const till = await TillPage.open(browser, nbod.url);
  await till.page.route('**/checkout/*', async (route) => {
    await new Promise((done) => setTimeout(done, 2500));
    await route.continue();
  });
  await till.scan(card);
  await till.scriptFor('Last known offers', 2400);
  await till.shot('outage-5-slow');
  await till.scan('526615');
  assert.equal(await till.lines(), 1);
  // The real answer takes its place when it comes.
  await till.scriptFor('For this customer');
});

test('outage: last known offers that were said keep their mark when the answer comes', async ({ nbod, browser }) => {
  const { card } = await nbod.person(LIKE.regular);
  const till = await TillPage.open(browser, nbod.url);
  await till.page.route('**/checkout/*', async (route) => {
    await pause(1000);
    await route.continue();
  });
  await till.scan(card);
  const script = await till.scriptFor('Last known offers');
  await till.key('F4');
  await till.page.waitForRequest('**/events');
  await till.linkIs('live');
  assert.equal((await till.text('script')).trim(), script);
  assert.match(await till.text('for-whom'), /Last known offers/);
  assert.equal(await till.page.locator('.script-panel').getAttribute('data-mood'), 'memory');
});
