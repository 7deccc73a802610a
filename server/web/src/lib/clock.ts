// The server's time, as far as it is known. A till's own clock may be wrong, and the server refuses what happened before
// the offer was decided.
let aheadMs = 0;

// Learns from a moment that the server has just named.
export function learnTime(serverTime: string | undefined): void {
  const serverMs = serverTime ? Date.parse(serverTime) : NaN;
  if (!Number.isFinite(serverMs)) return;
  const differenceMs = serverMs - Date.now();
  // Below a second it is the way the answer took.
  aheadMs = Math.abs(differenceMs) < 1000 ? 0 : differenceMs;
}

export function now(): Date {
  return new Date(Date.now() + aheadMs);
}

export function nowText(): string {
  return now().toISOString();
}

export function utcOffsetMinutes(): number {
  return -new Date().getTimezoneOffset() || 0;
}
