// Calls of nbod over HTTP/JSON, by the Connect protocol's conventions for unary methods.

export const METHODS = {
  getOffers: '/nbo.v1.DecisionService/GetOffers',
  recordOutcome: '/nbo.v1.EventService/RecordOutcome',
} as const;

// A call that was refused, or was not answered at all. `code` is one of Connect's; `message` names field and remedy.
export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  // Whether the same call may succeed later without a change.
  get temporary(): boolean {
    return TEMPORARY.has(this.code);
  }
}

const TEMPORARY = new Set([
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'aborted',
  'canceled',
  'unauthenticated',
  'internal',
  'unknown',
]);

// A body that is not nbod's, such as a proxy's page: the HTTP status must do.
const CODE_OF_STATUS: Record<number, string> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  429: 'resource_exhausted',
};

export interface CallOptions {
  timeoutMs?: number;
  // Let it go on although the page is left. For a few small messages only: browsers allow 64 KiB.
  keepalive?: boolean;
}

// Posts `body`, and gives the answer. Throws CallError and nothing else.
export async function call<Answer>(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
  const timeoutMs = options.timeoutMs ?? 5000;
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Connect-Protocol-Version': '1',
        'Connect-Timeout-Ms': String(timeoutMs),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
      keepalive: options.keepalive ?? false,
      cache: 'no-store',
      credentials: 'same-origin',
    });
    text = await response.text();
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new CallError(late ? 'deadline_exceeded' : 'unavailable', late ? 'no answer in time' : 'no connection');
  }
  if (!response.ok) throw errorOf(response.status, text);
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new CallError('unavailable', 'the answer is not nbod\'s');
  }
}

function errorOf(status: number, text: string): CallError {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    if (typeof code === 'string') return new CallError(code, typeof message === 'string' ? message : code);
  } catch {
    // Falls through: not nbod's body.
  }
  return new CallError(CODE_OF_STATUS[status] ?? 'unavailable', `HTTP ${status}`);
}
