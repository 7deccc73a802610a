// The same calls by the clients that people use: gRPC (@grpc/grpc-js), Connect with JSON and with protobuf
// (@connectrpc/connect-node), HTTP GET, and curl. Answers and errors must not depend on the way.
import { create, fromBinary, fromJson, toBinary, toJson, toJsonString } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import grpc from '@grpc/grpc-js';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BAD_REQUESTS } from './bad_requests.mjs';
import { loadApi } from './lib/api.mjs';
import { LIKE } from './lib/nbod.mjs';
import { test } from './lib/runner.mjs';

const run = promisify(execFile);

// Connect's names of the codes, by number: "invalid_argument".
const NAMES = Object.fromEntries(
  Object.entries(Code)
    .filter(([name]) => Number.isNaN(Number(name)))
    .map(([name, value]) => [value, name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()]),
);

let api;
const method = (nbod, path) => {
  api ??= loadApi(nbod.directory);
  const [service, name] = path.split('/');
  const found = api.getService(`nbo.v1.${service}`);
  return { service: found, method: found.methods.find((each) => each.name === name) };
};

// Each way: ask with a request as JSON, and get {json} of the answer or {code, message}.
const WAYS = {
  async gRPC(nbod, path, request) {
    const { service, method: called } = method(nbod, path);
    const client = new grpc.Client(nbod.url.replace('http://', ''), grpc.credentials.createInsecure());
    try {
      return await new Promise((done) =>
        client.makeUnaryRequest(
          `/${service.typeName}/${called.name}`,
          (message) => Buffer.from(toBinary(called.input, message)),
          (bytes) => fromBinary(called.output, bytes),
          messageOf(called, request),
          (error, answer) =>
            done(error ? { code: NAMES[error.code], message: error.details } : { json: toJson(called.output, answer) }),
        ),
      );
    } finally {
      client.close();
    }
  },
  'Connect JSON': (nbod, path, request) => byConnect(nbod, path, request, { useBinaryFormat: false }),
  'Connect proto': (nbod, path, request) => byConnect(nbod, path, request, { useBinaryFormat: true }),
  'GET JSON': (nbod, path, request) => byConnect(nbod, path, request, { useBinaryFormat: false, useHttpGet: true }),
  'GET proto': (nbod, path, request) => byConnect(nbod, path, request, { useBinaryFormat: true, useHttpGet: true }),
  async curl(nbod, path, request) {
    const { method: called } = method(nbod, path);
    const body = toJsonString(called.input, messageOf(called, request));
    const { stdout } = await run('curl', [
      '-sS', '-H', 'Content-Type: application/json', '-d', body, `${nbod.url}/nbo.v1.${path}`,
    ]);
    const answer = JSON.parse(stdout);
    return 'code' in answer ? answer : { json: toJson(called.output, fromJson(called.output, answer)) };
  },
};

async function byConnect(nbod, path, request, options) {
  const { service, method: called } = method(nbod, path);
  const transport = createConnectTransport({ baseUrl: nbod.url, httpVersion: '1.1', ...options });
  try {
    const answer = await createClient(service, transport)[called.localName](messageOf(called, request));
    return { json: toJson(called.output, answer) };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { code: NAMES[code], message: rawMessage };
  }
}

// A request may be JSON, or a function that makes a message which JSON cannot say.
function messageOf(called, request) {
  return typeof request === 'function' ? create(called.input, request()) : fromJson(called.input, request);
}

test('contract: the same GetOffers in every way, the same answer', async ({ nbod }) => {
  const { card, customerId } = await nbod.person(LIKE.regular);
  const requests = [
    { channel: 'CHANNEL_POS', requestId: `pos-${card}`, storeId: '391', terminalId: '4' },
    { channel: 'CHANNEL_KIOSK', requestId: `kiosk-${card}`, locale: 'ru-RU', maxOffers: 4 },
    { channel: 'CHANNEL_MOBILE_APP', requestId: `app-${card}`, placements: ['home_banner', 'cart'], maxOffers: 2 },
  ];
  for (const request of requests) {
    const whole = { ...request, customer: { customerId }, basketLines: [{ productId: '526615', category: 'BAG SNACKS', amountMinor: '300' }] };
    // The request's id makes each of them the very same answer, tokens and all.
    const expected = await WAYS.gRPC(nbod, 'DecisionService/GetOffers', whole);
    assert.ok(expected.json?.offers?.length >= 1, JSON.stringify(expected));
    assert.equal(expected.json.tier, 'ANSWER_TIER_FULL');
    for (const [name, ask] of Object.entries(WAYS)) {
      assert.deepEqual(await ask(nbod, 'DecisionService/GetOffers', whole), expected, `${name}: ${request.requestId}`);
    }
  }
});

// Without a request id every answer is decided anew; what is its own is left out.
function decided({ json: { decisionId, decideTime, offers, ...rest } }) {
  assert.ok(decisionId && decideTime);
  return { ...rest, offers: offers.map(({ attributionToken, ...offer }) => attributionToken && offer) };
}

test('contract: a request arrives whole in every way', async ({ nbod }) => {
  const { customerId } = await nbod.person(LIKE.lapsed);
  const request = { channel: 'CHANNEL_POS', customer: { customerId }, storeId: '391', terminalId: 'contract', maxOffers: 3 };
  const basketLines = [{ productId: '825343', category: 'BEEF', amountMinor: '1200', quantityMilli: '2000' }];
  const asked = async (ask, whole) => decided(await ask(nbod, 'DecisionService/GetOffers', whole));
  for (const whole of [request, { ...request, basketLines }, { ...request, basketLines, locale: 'ru-RU', maxOffers: 1 }]) {
    const expected = await asked(WAYS.gRPC, whole);
    for (const [name, ask] of Object.entries(WAYS)) assert.deepEqual(await asked(ask, whole), expected, name);
  }
  // Each part counts, so that a way that lost it would be found.
  const answers = [request, { ...request, basketLines }, { ...request, locale: 'ru-RU' }, { ...request, maxOffers: 1 }];
  const texts = new Set();
  for (const whole of answers) texts.add(JSON.stringify(await asked(WAYS.gRPC, whole)));
  assert.equal(texts.size, answers.length);
});

test(`contract: ${BAD_REQUESTS.length} bad requests, the same code and message in every way`, async ({ nbod }) => {
  const faults = [];
  for (const { what, path, request, code, gets } of BAD_REQUESTS) {
    const expected = await WAYS.gRPC(nbod, path, request);
    if (expected.code !== code) faults.push(`${what}: gRPC says ${JSON.stringify(expected)}, not ${code}`);
    for (const [name, ask] of Object.entries(WAYS)) {
      if (name.startsWith('GET') && !gets) continue;
      const answer = await ask(nbod, path, request);
      if (answer.code === expected.code && answer.message === expected.message) continue;
      faults.push(`${what}: ${name} says ${JSON.stringify(answer)}, gRPC ${JSON.stringify(expected)}`);
    }
  }
  assert.deepEqual(faults, []);
});

test('contract: what only HTTP can get wrong', async ({ nbod }) => {
  const url = `${nbod.url}/nbo.v1.DecisionService/GetOffers`;
  const json = { 'Content-Type': 'application/json' };
  const cases = [
    ['no JSON', { method: 'POST', headers: json, body: '{' }, 400, 'invalid_argument'],
    ['a field of another type', { method: 'POST', headers: json, body: '{"channel": true}' }, 400, 'invalid_argument'],
    ['a body of another kind', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'x' }, 415, undefined],
    ['a verb of another kind', { method: 'DELETE' }, 405, undefined],
  ];
  for (const [what, options, status, code] of cases) {
    const response = await fetch(url, options);
    assert.equal(response.status, status, what);
    if (code) assert.equal((await response.json()).code, code, what);
  }
  const nowhere = await fetch(`${nbod.url}/nbo.v1.DecisionService/NoSuchMethod`, { method: 'POST', headers: json, body: '{}' });
  assert.ok([404, 501].includes(nowhere.status), String(nowhere.status));
});

test('contract: a deadline of Connect is kept', async ({ nbod }) => {
  const { card } = await nbod.person(LIKE.regular);
  const ask = (timeoutMs) =>
    fetch(`${nbod.url}/nbo.v1.DecisionService/GetOffers`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Connect-Protocol-Version': '1', 'Connect-Timeout-Ms': timeoutMs },
      body: JSON.stringify({ channel: 'CHANNEL_POS', customer: { identity: { type: 'IDENTITY_TYPE_LOYALTY_CARD', value: card } } }),
    });
  const response = await ask('2000');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal((await response.json()).tier, 'ANSWER_TIER_FULL');
  for (const invalid of ['soon', '-1', '1.5', '12345678901']) {
    const refused = await ask(invalid);
    assert.equal(refused.status, 400, invalid);
    assert.equal((await refused.json()).code, 'invalid_argument', invalid);
  }
  // GetOffers minds its deadline: with none left it answers all the same, at once, if need be with what is in memory.
  const begin = performance.now();
  const expired = await ask('0');
  assert.equal(expired.status, 200);
  const { tier, tierReason } = await expired.json();
  assert.ok(tier === 'ANSWER_TIER_FULL' || tierReason === 'TIER_REASON_DEADLINE', `${tier} ${tierReason}`);
  assert.ok(performance.now() - begin < 1000);
});
