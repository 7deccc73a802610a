import { call, CallError } from '../api/call';
import { byId, element } from '../lib/dom';

const KEPT = 40;

// Calls as an app would, and shows what went over the wire.
export async function callAndShow<Answer>(path: string, body: unknown): Promise<Answer> {
  const begin = performance.now();
  try {
    const answer = await call<Answer>(path, body);
    put(path, body, answer, begin, true);
    return answer;
  } catch (error) {
    const { code, message } = error as CallError;
    put(path, body, { code, message }, begin, false);
    throw error;
  }
}

// What the outbox delivers is shown when it is handed over.
export function showMessage(path: string, body: unknown): void {
  put(path, body, undefined, undefined, true);
}

function put(path: string, body: unknown, answer: unknown, begin: number | undefined, good: boolean): void {
  const took = begin === undefined ? '' : ` ${(performance.now() - begin).toFixed(0)} ms`;
  const entry = element(
    'li',
    { 'data-good': good },
    element(
      'details',
      {},
      element('summary', {}, element('b', {}, path.slice(path.lastIndexOf('/') + 1)), ` ${gist(body)}${took}`),
      element('pre', { tabindex: '0' }, JSON.stringify(body, null, 2)),
      answer !== undefined && element('pre', { class: 'answer', tabindex: '0' }, JSON.stringify(answer, null, 2)),
    ),
  );
  const list = byId('wire');
  list.prepend(entry);
  while (list.children.length > KEPT) list.lastElementChild?.remove();
}

// A few words of what it is about.
function gist(body: unknown): string {
  const { placements, outcome } = body as { placements?: string[]; outcome?: { kind: string; visibleMs?: number } };
  if (placements) return placements.join(', ');
  if (!outcome) return '';
  const kind = outcome.kind.replace('OUTCOME_KIND_', '').toLowerCase();
  return outcome.visibleMs ? `${kind} for ${(outcome.visibleMs / 1000).toFixed(1)} s` : kind;
}
