// Requests that are refused, and the code that says so. `gets`: the method may be asked by GET.
const OFFERS = 'DecisionService/GetOffers';
const OUTCOME = 'EventService/RecordOutcome';
const PURCHASE = 'EventService/RecordPurchase';

const offers = (what, request) => ({ what, path: OFFERS, request, code: 'invalid_argument', gets: true });
const line = { productId: '526615', amountMinor: '300' };
const purchase = {
  customer: { customerId: '67' },
  receiptId: 'bad-1',
  time: '2026-01-02T09:30:00Z',
  channel: 'CHANNEL_POS',
  lines: [line],
};
const bought = (what, change) => ({
  what,
  path: PURCHASE,
  request: { purchase: { ...purchase, ...change } },
  code: 'invalid_argument',
  gets: false,
});

export const BAD_REQUESTS = [
  offers('no channel', {}),
  offers('an unknown channel', { channel: 99 }),
  offers('a customer id that is too long', { channel: 'CHANNEL_POS', customer: { customerId: 'x'.repeat(65) } }),
  offers('an empty customer id', { channel: 'CHANNEL_POS', customer: { customerId: '' } }),
  offers('an identity without a type', { channel: 'CHANNEL_POS', customer: { identity: { value: '4711' } } }),
  offers('control characters', { channel: 'CHANNEL_POS', storeId: '3\u00019' }),
  offers('too many offers', { channel: 'CHANNEL_POS', maxOffers: 101 }),
  offers('less than no offers', { channel: 'CHANNEL_POS', maxOffers: -1 }),
  offers('a line without a product', { channel: 'CHANNEL_POS', basketLines: [{ amountMinor: '300' }] }),
  offers('an amount out of bounds', { channel: 'CHANNEL_POS', basketLines: [{ ...line, amountMinor: '1000000000001' }] }),
  // In an address they would be more than the head of a request may hold.
  { ...offers('too many lines', { channel: 'CHANNEL_POS', basketLines: Array.from({ length: 1001 }, () => line) }), gets: false },
  offers('a placement twice', { channel: 'CHANNEL_MOBILE_APP', placements: ['cart', 'cart'] }),
  offers('factors without explain', { channel: 'CHANNEL_POS', neutralFactors: ['offer.value'] }),
  bought('a receipt without an id', { receiptId: '' }),
  bought('a receipt without a time', { time: null }),
  bought('a receipt of the far future', { time: '2099-01-01T00:00:00Z' }),
  bought('a receipt of nothing', { lines: [] }),
  { what: 'no outcome', path: OUTCOME, request: {}, code: 'invalid_argument', gets: false },
  {
    what: 'a token that is none',
    path: OUTCOME,
    request: { outcome: { attributionToken: 'nonsense', kind: 'OUTCOME_KIND_SEEN', time: '2026-01-02T09:30:00Z' } },
    code: 'invalid_argument',
    gets: false,
  },
  {
    what: 'a token that nobody was given',
    path: OUTCOME,
    request: {
      outcome: { attributionToken: '018c63c7a0f5d3b0c1a2e4f60718.1', kind: 'OUTCOME_KIND_SEEN', time: '2026-01-02T09:30:00Z' },
    },
    code: 'not_found',
    gets: false,
  },
  {
    what: 'a customer of whom nothing is known',
    path: 'ProfileService/GetProfile',
    request: { customer: { customerId: 'nobody-at-all' } },
    code: 'not_found',
    gets: true,
  },
];
