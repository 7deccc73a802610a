// A checkout that the server follows: the basket goes there as it grows, the best offers come back whenever they change.
// Whatever fails, the basket lives here, and the checkout is opened again with all of it.
import { learnTime } from '../lib/clock';
import { call, CallError, METHODS } from './call';
import type {
  BasketLine,
  CheckoutRequest,
  CheckoutResponse,
  CustomerRef,
  GetOffersRequest,
  GetOffersResponse,
} from './messages';

// 'asking': no answer yet, as it should be. 'late': it should have come. 'live': answers come as the basket grows.
// 'away': the server does not answer. 'refused': it does, and will not have this; only a change helps.
export type Link = 'asking' | 'late' | 'live' | 'away' | 'refused';

export interface CheckoutListener {
  offers(answer: GetOffersResponse): void;
  link(link: Link, problem?: string): void;
}

// A till that has waited so long shows what it knows.
const LATE_MS = 250;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 4000;

export class Checkout {
  private readonly path: string;
  private events: EventSource | undefined;
  private sending = false;
  // The basket or the person is not what the server was told last.
  private changed = false;
  // What the server has open, if anything, is not of this request: it is opened anew, and what it still says is dropped.
  private stale = true;
  private over = false;
  private timer: number | undefined;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(
    readonly id: string,
    private request: GetOffersRequest,
    private readonly listener: CheckoutListener,
  ) {
    this.path = `/checkout/${encodeURIComponent(id)}`;
    void this.run();
  }

  setLines(basketLines: BasketLine[]): void {
    this.request = { ...this.request, basketLines };
    this.touch();
  }

  // Nothing that was decided for anybody else is heard from now on.
  setCustomer(customer: CustomerRef): void {
    this.openAnew({ customer });
  }

  // Another language: the texts come anew.
  setLocale(locale: string): void {
    this.openAnew({ locale });
  }

  // No more is heard of it. What closes it at the server, a receipt or nothing, is sent by the outbox: see closing().
  end(): void {
    this.over = true;
    window.clearTimeout(this.timer);
    this.hangUp();
  }

  private openAnew(change: Partial<GetOffersRequest>): void {
    this.request = { ...this.request, ...change };
    this.stale = true;
    this.hangUp();
    this.touch();
  }

  private touch(): void {
    this.changed = true;
    window.clearTimeout(this.timer);
    void this.run();
  }

  // Tells the server the latest until it knows it.
  private async run(): Promise<void> {
    if (this.sending || this.over) return;
    this.sending = true;
    let late: number | undefined;
    try {
      do {
        this.changed = false;
        window.clearTimeout(late);
        late = window.setTimeout(() => this.tell('late'), LATE_MS);
        await (this.stale ? this.open() : this.update());
        this.tell('live');
      } while (this.changed && !this.over);
      this.pauseMs = FIRST_PAUSE_MS;
    } catch (error) {
      this.failed(error as CallError);
    } finally {
      window.clearTimeout(late);
      this.sending = false;
    }
    // The connection was lost, or the basket changed, while the last call was under way.
    if (this.changed && !this.over) this.again();
  }

  private async open(): Promise<void> {
    this.hangUp();
    const body: CheckoutRequest = { open: { request: this.request } };
    this.stale = false;
    try {
      this.take(await call<CheckoutResponse>(this.path, body));
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'resource_exhausted') throw error;
      // Too many checkouts are followed: this one asks each time.
      this.take({ offers: await call<GetOffersResponse>(METHODS.getOffers, this.request) });
      this.stale = true;
    }
    if (!this.stale && !this.over) this.listen();
  }

  private async update(): Promise<void> {
    const { basketLines = [], customer } = this.request;
    const body: CheckoutRequest = { update: { basketLines, ...(customer && { customer }) } };
    try {
      await call(this.path, body);
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'not_found') throw error;
      this.stale = true; // The server was restarted.
      this.changed = true;
    }
  }

  private listen(): void {
    const events = new EventSource(`${this.path}/events`);
    events.onmessage = (event: MessageEvent<string>) => this.take(JSON.parse(event.data) as CheckoutResponse);
    events.onerror = () => {
      if (this.events !== events) return;
      // Opening again is the one way back, whether the line broke or the server was restarted.
      this.hangUp();
      this.stale = true;
      if (!this.sending) this.again();
      else this.changed = true;
    };
    this.events = events;
  }

  private take(response: CheckoutResponse): void {
    if (this.over || this.stale || !response.offers) return;
    learnTime(response.offers.decideTime);
    this.listener.offers(response.offers);
  }

  private failed(error: CallError): void {
    if (this.over) return;
    this.hangUp();
    this.stale = true;
    if (!error.temporary) return this.tell('refused', error.message);
    this.tell('away');
    this.again();
  }

  private tell(link: Link, problem?: string): void {
    if (!this.over) this.listener.link(link, problem);
  }

  private again(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.run(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  private hangUp(): void {
    this.events?.close();
    this.events = undefined;
  }
}
