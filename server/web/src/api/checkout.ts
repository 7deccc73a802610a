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
  private opened = false;
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

  setCustomer(customer: CustomerRef): void {
    this.request = { ...this.request, customer };
    this.touch();
  }

  // Another language: the texts come anew.
  setLocale(locale: string): void {
    this.request = { ...this.request, locale };
    this.opened = false;
    this.touch();
  }

  // No more is heard of it. What closes it at the server, a receipt or nothing, is sent by the outbox: see closing().
  end(): void {
    this.over = true;
    window.clearTimeout(this.timer);
    this.hangUp();
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
    const late = window.setTimeout(() => this.listener.link('late'), LATE_MS);
    try {
      do {
        this.changed = false;
        await (this.opened ? this.update() : this.open());
        this.listener.link('live');
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
    try {
      this.take(await call<CheckoutResponse>(this.path, body));
      this.opened = true;
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'resource_exhausted') throw error;
      // Too many checkouts are followed: this one asks each time.
      this.take({ offers: await call<GetOffersResponse>(METHODS.getOffers, this.request) });
    }
    if (this.opened && !this.over) this.listen();
  }

  private async update(): Promise<void> {
    const { basketLines = [], customer } = this.request;
    const body: CheckoutRequest = { update: { basketLines, ...(customer && { customer }) } };
    try {
      await call(this.path, body);
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== 'not_found') throw error;
      this.opened = false; // The server was restarted.
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
      this.opened = false;
      if (!this.sending) this.again();
      else this.changed = true;
    };
    this.events = events;
  }

  private take(response: CheckoutResponse): void {
    if (this.over || !response.offers) return;
    learnTime(response.offers.decideTime);
    this.listener.offers(response.offers);
  }

  private failed(error: CallError): void {
    if (this.over) return;
    this.hangUp();
    this.opened = false;
    if (!error.temporary) {
      this.listener.link('refused', error.message);
      return;
    }
    this.listener.link('away');
    this.again();
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
