// Starts nbod and nboctl for the tests, and ends what it has started.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const START_MS = 60_000;
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SAMPLE = join(ROOT, 'deploy/sample');

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Waits until `check` gives something true, and gives that.
export async function until(what, check, timeoutMs = 10_000) {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(25);
  }
}

// The caller's environment without NBO_*: both binaries take settings from there.
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NBO_')));
}

// One nbod at a time on a directory of its own. A restart keeps the directory and the ports.
export class Nbod {
  constructor(binDir, webDir, directory) {
    this.binDir = binDir;
    this.webDir = webDir;
    this.directory = directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    this.portsFile = join(directory, 'ports.json');
    this.ports = { grpc: 0, http: 0 };
    this.models = new Map();
    this.personCount = 0;
  }

  get url() {
    return `http://127.0.0.1:${this.ports.grpc}`;
  }

  async start() {
    rmSync(this.portsFile, { force: true });
    const log = openSync(join(this.directory, 'log.txt'), 'a');
    const flags = {
      'grpc-port': this.ports.grpc,
      'http-port': this.ports.http,
      'storage-path': join(this.directory, 'store'),
      'ports-file': this.portsFile,
      'http-web-dir': this.webDir,
      'decisions-segment-mb': 4,
      'population-refresh-minutes': 0,
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.process = spawn(join(this.binDir, 'nbod'), args, { stdio: ['ignore', log, log], env: environment() });
    this.ended = new Promise((done) => this.process.once('exit', done));
    await until('nbod is ready', () => existsSync(this.portsFile) || this.process.exitCode !== null, START_MS);
    if (this.process.exitCode !== null) throw new Error(`nbod ended:\n${this.log().slice(-2000)}`);
    this.ports = JSON.parse(readFileSync(this.portsFile, 'utf8'));
    return this;
  }

  // As a loss of the process does; returns when it is gone.
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    if (this.process?.exitCode !== null) return;
    this.process.kill('SIGTERM');
    await this.ended;
  }

  log() {
    return readFileSync(join(this.directory, 'log.txt'), 'utf8');
  }

  // What nboctl prints; throws if it fails.
  async ctl(...args) {
    const server = `127.0.0.1:${this.ports.grpc}`;
    const options = { env: environment(), maxBuffer: 64 << 20 };
    return (await run(join(this.binDir, 'nboctl'), ['--server', server, ...args], options)).stdout;
  }

  // A unary method by HTTP/JSON.
  async call(method, request) {
    const response = await fetch(`${this.url}/nbo.v1.${method}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(request),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method}: ${answer.code}: ${answer.message}`);
    return answer;
  }

  // The sample, as quickstart.sh loads it.
  async loadSample() {
    const imported = JSON.parse(
      await this.ctl(
        '--format', 'json', 'import', 'purchases', join(SAMPLE, 'transactions.csv'), '--shift-to-now', '--quiet',
        '--set', 'channel=POS',
        '--columns', 'receipt_id=basket_id,customer_id=household_id,time=transaction_timestamp,amount=sales_value',
        '--columns', 'discount=retail_disc+coupon_disc+coupon_match_disc',
        '--products', join(SAMPLE, 'products.csv'),
        '--product-columns', 'product_id=product_id,category=product_category',
      ),
    );
    await this.ctl('catalog', 'publish', join(SAMPLE, 'catalog.yaml'), '--shift-weeks', String(imported.shifted_weeks), '--author', 'tests');
    for (const like of Object.values(LIKE)) this.models.set(like, await this.receipts(like));
  }

  // A new customer with a card and the receipts of a household of the sample: each test has people of its own.
  async person(like) {
    const number = ++this.personCount;
    const customerId = `${like}-${number}`;
    const card = `88${String(like).padStart(4, '0')}${String(number).padStart(4, '0')}`;
    const record = (receipt) => {
      const receiptId = `${receipt.receiptId}-${number}`;
      return this.call('EventService/RecordPurchase', { purchase: { ...receipt, customer: { customerId }, receiptId } });
    };
    await Promise.all(this.models.get(like).map(record));
    const identity = { type: 'IDENTITY_TYPE_LOYALTY_CARD', value: card };
    await this.call('EventService/LinkIdentity', { identity, customerId, time: new Date().toISOString() });
    return { customerId, card };
  }

  // Every receipt of a customer that is kept.
  async receipts(customerId) {
    const receipts = [];
    let pageToken = '';
    do {
      const page = await this.call('CustomerService/ExportCustomer', { customer: { customerId }, pageToken });
      receipts.push(...(page.receipts ?? []).map((each) => each.purchase));
      pageToken = page.nextPageToken ?? '';
    } while (pageToken);
    return receipts;
  }

  // Every outcome and decision in the log, of a customer or of all, oldest first.
  async entries(customerId = '') {
    const entries = [];
    let pageToken = '';
    do {
      const page = await this.call('DecisionLogService/ListEntries', { customerId, pageToken, pageSize: 1000 });
      entries.push(...(page.entries ?? []));
      pageToken = page.nextPageToken ?? '';
    } while (pageToken && entries.length < 100_000);
    return entries;
  }

  async outcomes(customerId) {
    return (await this.entries(customerId)).flatMap((entry) => (entry.outcome ? [entry.outcome] : []));
  }
}

// Households of the sample, as deploy/sample/README.md describes them.
export const LIKE = { regular: '67', lapsed: '48', milk: '129' };
