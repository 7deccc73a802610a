// What the browser keeps for this site, if it lets us: it may be switched off.
export function storageIfAny(): Storage | undefined {
  try {
    localStorage.getItem('nbo');
    return localStorage;
  } catch {
    return undefined;
  }
}
