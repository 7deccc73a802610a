// Runs the tests: node run.mjs --bin DIR --web DIR --out DIR [WORD]. See run.sh.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Browser } from './lib/browser.mjs';
import { Nbod } from './lib/nbod.mjs';
import { runAll } from './lib/runner.mjs';
import './app_test.mjs';
import './kiosk_test.mjs';
import './outage_test.mjs';
import './pos_test.mjs';
import './speed_test.mjs';
import './contract_test.mjs';

const { values, positionals } = parseArgs({
  options: { bin: { type: 'string' }, web: { type: 'string' }, out: { type: 'string' } },
  allowPositionals: true,
});
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

const nbod = new Nbod(values.bin, values.web, join(values.out, 'nbod'));
let browser;
let code = 1;
try {
  await nbod.start();
  await nbod.loadSample();
  browser = await Browser.launch(CHROMIUM, join(values.out, 'shots'));
  code = await runAll({ nbod, browser }, positionals[0]);
} finally {
  await browser?.close();
  await nbod.stop();
}
process.exit(code);
