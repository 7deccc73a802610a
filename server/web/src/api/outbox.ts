// What must reach the server, though perhaps not now: outcomes and receipts. They leave in the order they came, since an
// outcome has to be known before the receipt that it explains. All of them are idempotent at the server, so what may
// have arrived is sent again without harm.
import { call, CallError } from './call';

export interface Message {
  id: string;
  path: string;
  body: unknown;
}

export interface Refusal extends Message {
  code: string;
  message: string;
}

// Where messages wait. A till keeps them over a restart; a kiosk must keep nothing.
export interface Shelf {
  list(): Message[];
  put(message: Message): void;
  remove(id: string): void;
  refuse(refusal: Refusal): void;
  refusals(): Refusal[];
}

export class MemoryShelf implements Shelf {
  private readonly messages = new Map<string, Message>();
  private readonly refused: Refusal[] = [];

  list(): Message[] {
    return [...this.messages.values()];
  }
  put(message: Message): void {
    this.messages.set(message.id, message);
  }
  remove(id: string): void {
    this.messages.delete(id);
  }
  refuse(refusal: Refusal): void {
    this.refused.push(refusal);
  }
  refusals(): Refusal[] {
    return this.refused;
  }
}

const WAITING = 'nbo.waiting.';
const REFUSED = 'nbo.refused.';
const REFUSALS_KEPT = 200;

// One key for each message, so that two tabs of one till do not write over each other. What the storage does not take
// (it is full, or forbidden) waits in memory.
export class StoredShelf implements Shelf {
  private readonly overflow = new MemoryShelf();

  constructor(private readonly storage: Storage) {}

  list(): Message[] {
    return [...this.read<Message>(WAITING), ...this.overflow.list()];
  }
  put(message: Message): void {
    try {
      this.storage.setItem(WAITING + message.id, JSON.stringify(message));
    } catch {
      this.overflow.put(message);
    }
  }
  remove(id: string): void {
    this.storage.removeItem(WAITING + id);
    this.overflow.remove(id);
  }
  refuse(refusal: Refusal): void {
    const before = Object.keys(this.storage).filter((key) => key.startsWith(REFUSED));
    for (const key of before.sort().slice(0, -REFUSALS_KEPT)) this.storage.removeItem(key);
    try {
      this.storage.setItem(REFUSED + refusal.id, JSON.stringify(refusal));
    } catch {
      this.overflow.refuse(refusal);
    }
  }
  refusals(): Refusal[] {
    return [...this.read<Refusal>(REFUSED), ...this.overflow.refusals()];
  }

  private read<T>(prefix: string): T[] {
    const keys = Object.keys(this.storage).filter((key) => key.startsWith(prefix));
    return keys.sort().flatMap((key) => {
      try {
        return [JSON.parse(this.storage.getItem(key) ?? '') as T];
      } catch {
        return []; // Cut off by a power loss: there is nothing to be sent of it.
      }
    });
  }
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;
// A message at which the server fails each time must not hold up all others for ever.
const FAULTS = ['internal', 'unknown'];
const MOST_FAULTS = 10;

export class Outbox {
  private counter = 0;
  private busy = false;
  private timer: number | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private faults = 0;

  // `changed` is told whenever the number of messages that wait or were refused may be another.
  constructor(
    private readonly shelf: Shelf,
    private readonly changed: () => void,
  ) {}

  waiting(): number {
    return this.shelf.list().length;
  }

  refused(): Refusal[] {
    return this.shelf.refusals();
  }

  // Keeps the message until the server has it; returns at once.
  send(path: string, body: unknown): void {
    // Ids sort by time, then by the order within this page.
    const order = String(++this.counter).padStart(6, '0');
    this.shelf.put({ id: `${Date.now()}.${order}.${crypto.getRandomValues(new Uint32Array(1))[0]}`, path, body });
    this.changed();
    void this.flush();
  }

  // Sends what waits, now. A second call while one is under way does nothing.
  async flush(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    window.clearTimeout(this.timer);
    try {
      let next: Message | undefined;
      while ((next = this.shelf.list()[0]) && (await this.deliver(next)));
      if (next) this.later();
    } finally {
      this.busy = false;
    }
  }

  // False: not now.
  private async deliver(message: Message): Promise<boolean> {
    try {
      await call(message.path, message.body, { keepalive: true });
    } catch (error) {
      const refusal = error as CallError;
      if (FAULTS.includes(refusal.code)) this.faults += 1;
      if (refusal.temporary && this.faults < MOST_FAULTS) return false;
      this.shelf.refuse({ ...message, code: refusal.code, message: refusal.message });
    }
    this.faults = 0;
    this.shelf.remove(message.id);
    this.pauseMs = FIRST_PAUSE_MS;
    this.changed();
    return true;
  }

  private later(): void {
    this.timer = window.setTimeout(() => void this.flush(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
