// One person at the kiosk, from the first touch to the last. It lives in memory alone, and ends with everything it knew.
import { call } from '../api/call';
import { Checkout, type Link } from '../api/checkout';
import type { CheckoutRequest, CustomerRef, GetOffersRequest, GetOffersResponse, RankedOffer } from '../api/messages';
import type { Outbox } from '../api/outbox';
import { Outcomes } from '../api/outcomes';
import { Basket } from '../lib/basket';
import type { Article } from '../lib/articles';
import { nowText, utcOffsetMinutes } from '../lib/clock';
import { newId } from '../lib/ids';
import { personOf } from '../lib/person';
import type { Locale, Settings } from '../lib/settings';

export class Session {
  readonly basket = new Basket();
  readonly taken = new Set<string>();
  private readonly dismissed = new Set<string>();
  private readonly outcomes: Outcomes;
  private readonly checkout: Checkout;
  private person: CustomerRef | undefined;
  private offers: RankedOffer[] = [];
  // Tokens of another checkout: nothing can be told of them, also not once they are off the screen.
  private readonly borrowed = new Set<string>();
  answered = false;
  personal = false;

  constructor(
    // Who it is, as it was scanned; '': nobody.
    public code: string,
    locale: Locale,
    private readonly settings: Settings,
    private readonly outbox: Outbox,
    private readonly spare: () => RankedOffer[],
    private readonly changed: () => void,
  ) {
    this.outcomes = new Outcomes(outbox);
    this.person = code ? personOf(code) : undefined;
    const request: GetOffersRequest = { ...placeOf(settings, locale), ...(this.person && { customer: this.person }) };
    this.checkout = new Checkout(newId(settings.terminalId ?? 'kiosk'), request, {
      offers: (answer) => this.came(answer),
      link: (link) => this.linked(link),
    });
  }

  // What to show, the best first.
  get shown(): RankedOffer[] {
    return this.offers.filter((offer) => !this.dismissed.has(offer.offerId)).slice(0, 4);
  }

  setLocale(locale: Locale): void {
    this.checkout.setLocale(locale);
  }

  // Whom nothing was known of until now. Somebody else begins a session of his own.
  identify(code: string): void {
    this.code = code;
    this.person = personOf(code);
    this.checkout.setCustomer(this.person);
  }

  add(article: Article): void {
    this.basket.add(article);
    this.checkout.setLines(this.basket.messages());
    this.changed();
  }

  take(offer: RankedOffer): void {
    this.taken.add(offer.offerId);
    this.tell(offer, 'OUTCOME_KIND_ACCEPTED');
    this.changed();
  }

  dismiss(offer: RankedOffer): void {
    this.dismissed.add(offer.offerId);
    this.taken.delete(offer.offerId);
    this.tell(offer, 'OUTCOME_KIND_DISMISSED');
    this.changed();
  }

  rendered(offer: RankedOffer): void {
    this.tell(offer, 'OUTCOME_KIND_RENDERED');
  }

  seen(attributionToken: string, visibleMs: number, visibleShare: number): void {
    if (this.borrowed.has(attributionToken)) return;
    this.outcomes.tell({ attributionToken, kind: 'OUTCOME_KIND_SEEN', visibleMs, visibleShare });
  }

  // Ends it: with a receipt if it was paid for by somebody known.
  end(paid: boolean): void {
    this.checkout.end();
    const purchase = paid && this.person && {
      customer: this.person,
      receiptId: newId(this.settings.terminalId ?? 'kiosk'),
      ...(this.settings.storeId && { storeId: this.settings.storeId }),
      time: nowText(),
      utcOffsetMinutes: utcOffsetMinutes(),
      channel: 'CHANNEL_KIOSK' as const,
      lines: this.basket.messages(),
    };
    const body: CheckoutRequest = { close: purchase ? { purchase } : {} };
    const path = `/checkout/${encodeURIComponent(this.checkout.id)}`;
    if (purchase) this.outbox.send(path, body);
    else call(path, body, { keepalive: true }).catch(() => undefined);
  }

  private came(answer: GetOffersResponse): void {
    this.answered = true;
    this.personal = answer.tier === 'ANSWER_TIER_FULL' || answer.tier === 'ANSWER_TIER_CACHED';
    this.offers = answer.offers ?? [];
    this.changed();
  }

  private linked(link: Link): void {
    if (link === 'live') void this.outbox.flush();
    // A screen that waits is a screen that people walk away from: what everybody gets is better.
    if (this.answered || link === 'live' || link === 'asking') return;
    this.offers = this.spare();
    for (const { attributionToken } of this.offers) this.borrowed.add(attributionToken);
    this.changed();
  }

  private tell(offer: RankedOffer, kind: Parameters<Outcomes['tell']>[0]['kind']): void {
    const { attributionToken } = offer;
    if (!this.borrowed.has(attributionToken)) this.outcomes.tell({ attributionToken, kind });
  }
}

export function placeOf(settings: Settings, locale: Locale): GetOffersRequest {
  const { storeId, terminalId } = settings;
  return { channel: 'CHANNEL_KIOSK', locale, ...(storeId && { storeId }), ...(terminalId && { terminalId }) };
}
