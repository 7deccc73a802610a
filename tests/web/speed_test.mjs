import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { test, figure } from './lib/runner.mjs';
import { TillPage } from './lib/screens.mjs';

const CUSTOMERS = 100_000;
const SCANS = 60;

test(`speed: from card scan to script, with ${CUSTOMERS} customers in the store`, async ({ nbod, browser }) => {
  await importCustomers(nbod);
  const till = await TillPage.open(browser, nbod.url);
  await till.page.evaluate(watchScript);
  const took = [];
  let others = 0;
  let remembered = 0;
  for (let i = 0; i < SCANS; ++i) {
    // Spread over all of them, so that each is read from the store for the first time.
    const card = `card${String((i * 7919) % CUSTOMERS).padStart(6, '0')}`;
    await till.scan(card);
    await till.answered();
    if (!(await till.text('for-whom')).includes('For this customer')) others += 1;
    if ((await till.page.locator('.script-panel').getAttribute('data-mood')) === 'memory') remembered += 1;
    took.push(await (await till.page.waitForFunction(() => globalThis.tookMs)).jsonValue());
    await till.key('Escape', 'Escape');
  }
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))].toFixed(1);
  figure(
    `card scan to script painted, ${SCANS} scans, ${CUSTOMERS} customers: median ${at(0.5)} ms, p95 ${at(0.95)} ms, ` +
      `max ${took.at(-1).toFixed(1)} ms (wanted: under 100); ` +
      `${others} not decided for the customer in time`,
  );
  assert.equal(took.length, SCANS);
  assert.equal(remembered, 0, 'scans answered from what the till remembers');
  assert.ok(others <= SCANS / 20, `${others} of ${SCANS} not decided for the customer`);
  // What the product promises; a busy machine may miss it at the edge, but not in the middle.
  assert.ok(Number(at(0.5)) < 100, `the median is ${at(0.5)} ms`);
});

// Customers known by a card, with a few receipts each of what the sample's offers are about.
async function importCustomers(nbod) {
  const file = join(nbod.directory, 'customers.csv');
  const goods = [
    ['526615', 'BAG SNACKS', 3], ['995242', 'FLUID MILK PRODUCTS', 2.5], ['914190', 'CHEESE', 4],
    ['869577', 'PASTA SAUCE', 2], ['847982', 'SALAD MIX', 2], ['5569230', 'SOFT DRINKS', 5],
  ];
  const out = createWriteStream(file);
  out.write('loyalty_card,receipt_id,store_id,time,product_id,category,amount\n');
  const now = Date.now();
  for (let i = 0; i < CUSTOMERS; ++i) {
    const lines = [];
    for (let receipt = 0; receipt < 3; ++receipt) {
      const time = new Date(now - (1 + ((i + receipt * 11) % 80)) * 86_400_000).toISOString();
      for (const [product, category, amount] of [goods[(i + receipt) % 6], goods[(i * 5 + 2) % 6]]) {
        lines.push(`card${String(i).padStart(6, '0')},r${i}-${receipt},391,${time},${product},${category},${amount}\n`);
      }
    }
    if (!out.write(lines.join(''))) await new Promise((done) => out.once('drain', done));
  }
  await new Promise((done) => out.end(done));
  await nbod.ctl('import', 'purchases', file, '--quiet', '--set', 'channel=POS');
}

// In the page: from the Enter that ends a scan until the frame with the new script was handed to the screen.
function watchScript() {
  let begin;
  const started = (event) => {
    if (event.key !== 'Enter') return;
    begin = performance.now();
    globalThis.tookMs = undefined;
  };
  document.addEventListener('keydown', started, { capture: true });
  new MutationObserver(() => {
    const whom = document.getElementById('for-whom').textContent;
    if (begin === undefined || !/for /i.test(whom)) return;
    const since = begin;
    begin = undefined;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => (globalThis.tookMs = performance.now() - since);
      channel.port2.postMessage(undefined);
    });
  }).observe(document.querySelector('.script-panel'), { childList: true, subtree: true, characterData: true });
}
