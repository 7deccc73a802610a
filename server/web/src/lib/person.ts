import type { CustomerRef } from '../api/messages';

// Who is meant by what was scanned or keyed in: "#67" the retailer's customer id, "+4912345678" a telephone number,
// anything else a loyalty card. It is told apart here and not by asking the server, so that a receipt has the same owner
// when the server is away.
export function personOf(code: string): CustomerRef {
  if (code.startsWith('#')) return { customerId: code.slice(1) };
  const type = code.startsWith('+') ? 'IDENTITY_TYPE_PHONE' : 'IDENTITY_TYPE_LOYALTY_CARD';
  return { identity: { type, value: code } };
}

// What a screen may show of it: the end is enough to compare with the card in the hand.
export function shortForm(code: string): string {
  return code.startsWith('#') || code.length <= 6 ? code : `…${code.slice(-4)}`;
}
