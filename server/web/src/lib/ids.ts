// Ids of receipts and checkouts: readable, sortable, and not given twice by two tills or one till at two times.
export function newId(prefix: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36).padStart(7, '0');
  // Letters, digits, "-", "_" and "." are what a checkout id may hold.
  return `${prefix.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 24)}-${day}-${time}-${random}`;
}
