// What happens at a till, without a screen: who is served, the basket, the script and its answer.
import { call, METHODS } from '../api/call';
import { Checkout, type Link } from '../api/checkout';
import type {
  CheckoutRequest,
  CustomerRef,
  DeclineReason,
  GetOffersRequest,
  GetOffersResponse,
  Purchase,
  RankedOffer,
} from '../api/messages';
import type { Outbox } from '../api/outbox';
import type { Outcomes } from '../api/outcomes';
import type { Articles } from '../lib/articles';
import { Basket, type Line } from '../lib/basket';
import { nowText, utcOffsetMinutes } from '../lib/clock';
import { newId } from '../lib/ids';
import { personOf } from '../lib/person';
import type { Settings } from '../lib/settings';
import type { KnownOffers } from './known';

export type Answer = 'yes' | 'no';

// The offer on the screen, and what was done about it.
export interface Script {
  offer: RankedOffer;
  said: boolean;
  answer: Answer | undefined;
  reason: DeclineReason | undefined;
  // False: its token is used up, and what is said of it stays here.
  countable: boolean;
  source: Source;
}

// Where the offers are from: the server, or, if it is away, what it said last to nobody in particular.
export type Source =
  | { from: 'server'; tier: string; reason: string }
  | { from: 'memory'; time: number }
  | { from: 'nowhere' };

export interface Sale {
  checkout: Checkout;
  person: CustomerRef | undefined;
  // As it was scanned.
  code: string;
  basket: Basket;
  coupons: string[];
  selected: Line | undefined;
  // Of the latest answer; a script that waits for the customer's answer may be of an earlier one.
  source: Source | undefined;
  script: Script | undefined;
  link: Link;
  problem: string;
}

export interface Receipt {
  id: string;
  totalMinor: number;
  pieces: number;
  recorded: boolean;
}

// Several pieces: "3*526615".
const PIECES = /^(\d{1,3})\*(.+)$/;
// A script that was on the screen for less could not be read.
const READABLE_MS = 2000;
const KNOWN_AGE_MS = 10 * 60_000;
const KNOWN_PAUSE_MS = 3000;

export class Till {
  sale: Sale | undefined;
  last: Receipt | undefined;
  // Whether the next code is a card; else it is an article.
  wantsCard = true;
  // The customer said no, and has not said why.
  declining = false;
  idleLink: Link = 'asking';
  private cardOnly = false;
  private answers = new Map<string, Script>();
  private readTimer: number | undefined;
  private knownTimer: number | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly articles: Articles,
    private readonly known: KnownOffers,
    private readonly outbox: Outbox,
    private readonly outcomes: Outcomes,
    private readonly changed: () => void,
  ) {
    void this.refreshKnown();
  }

  get link(): Link {
    return this.sale?.link ?? this.idleLink;
  }

  // Coupons of what the customer said yes to, whatever is on the screen by now.
  get accepted(): string[] {
    return [...this.answers.values()].flatMap((script) => (script.answer === 'yes' && couponOf(script)) || []);
  }

  // What a scanner read, or a cashier keyed in: a card, or an article, or the coupon of an offer.
  take(text: string): void {
    const code = text.trim();
    if (this.isCard(code)) this.takeCard(code);
    else if (code) this.takeArticle(code);
    this.changed();
  }

  wantCard(): void {
    this.wantsCard = this.cardOnly = true;
    this.changed();
  }

  select(step: -1 | 1): void {
    const { sale } = this;
    if (!sale?.basket.lines.length) return;
    const { lines } = sale.basket;
    const at = sale.selected ? lines.indexOf(sale.selected) : lines.length;
    sale.selected = lines[Math.min(Math.max(at + step, 0), lines.length - 1)];
    this.changed();
  }

  takeOneOut(): void {
    const { sale } = this;
    const line = sale?.selected ?? sale?.basket.lines.at(-1);
    if (!sale || !line) return;
    sale.basket.takeOne(line);
    if (line.pieces === 0) sale.selected = undefined;
    this.basketChanged(sale);
  }

  say(): void {
    const script = this.sale?.script;
    if (!script || script.said) return;
    script.said = true;
    this.tell(script, { kind: 'OUTCOME_KIND_SPOKEN' });
    this.changed();
  }

  accept(): void {
    const script = this.sale?.script;
    if (!script || script.answer === 'yes') return;
    this.declining = false;
    this.answer(script, 'yes', undefined);
    this.tell(script, { kind: 'OUTCOME_KIND_ACCEPTED' });
    this.changed();
  }

  // Asks why first: decline() says so, or cancelDecline().
  askReason(): void {
    if (!this.sale?.script || this.sale.script.answer === 'no') return;
    this.declining = true;
    this.changed();
  }

  cancelDecline(): void {
    this.declining = false;
    this.changed();
  }

  // Without a reason if the cashier went on to other things.
  decline(declineReason?: DeclineReason): void {
    const script = this.sale?.script;
    if (!script || !this.declining) return;
    this.declining = false;
    this.answer(script, 'no', declineReason);
    this.tell(script, { kind: 'OUTCOME_KIND_DECLINED', ...(declineReason && { declineReason }) });
    this.changed();
  }

  // Ends with the receipt; false if there is nothing to put on it. It is sent when the server can take it.
  finish(): boolean {
    const { sale } = this;
    if (!sale || sale.basket.lines.length === 0) return false;
    this.decline();
    const id = newId(this.settings.terminalId ?? 'till');
    const purchase = sale.person && this.receiptOf(sale, sale.person, id);
    this.close(sale, purchase);
    const { totalMinor, pieces } = sale.basket;
    this.last = { id, totalMinor, pieces, recorded: !!purchase };
    this.startOver();
    return true;
  }

  // Nothing was bought.
  giveUp(): void {
    if (this.sale) this.close(this.sale, undefined);
    this.last = undefined;
    this.startOver();
  }

  // A cashier may begin with the goods; after the key for the card nothing else is meant.
  private isCard(code: string): boolean {
    if (code.startsWith('#') || code.startsWith('+')) return true;
    return this.wantsCard && (this.cardOnly || !(PIECES.test(code) || this.articles.has(code)));
  }

  private takeCard(code: string): void {
    if (!this.sale) this.sale = this.begin(code);
    else if (code && code !== this.sale.code) this.changePerson(this.sale, code);
    this.wantsCard = this.cardOnly = false;
  }

  // Of another person nothing stays but the goods. Where nobody was known, the card is that of whom was spoken to: then
  // what was said and answered stays.
  private changePerson(sale: Sale, code: string): void {
    this.decline();
    if (sale.person) {
      this.answers = new Map();
      sale.coupons = [];
    }
    if (sale.person || !waits(sale.script)) {
      window.clearTimeout(this.readTimer);
      sale.script = undefined;
    }
    sale.source = undefined;
    sale.person = personOf(code);
    sale.code = code;
    sale.checkout.setCustomer(sale.person);
    if (sale.link !== 'live' && sale.link !== 'asking') this.showKnown(sale);
  }

  private takeArticle(code: string): void {
    this.wantsCard = false;
    const sale = (this.sale ??= this.begin(''));
    if (code === couponOf(sale.script) || this.accepted.includes(code)) {
      if (!sale.coupons.includes(code)) sale.coupons.push(code);
      return;
    }
    const [, pieces, id] = PIECES.exec(code) ?? [undefined, '1', code];
    sale.selected = sale.basket.add(this.articles.find(id!), Math.max(1, Number(pieces)));
    this.basketChanged(sale);
  }

  private begin(code: string): Sale {
    this.last = undefined;
    const person = code ? personOf(code) : undefined;
    const request: GetOffersRequest = { ...this.place(), ...(person && { customer: person }) };
    const checkout = new Checkout(newId(this.settings.terminalId ?? 'till'), request, {
      offers: (answer) => this.offersCame(answer),
      link: (link, problem) => this.linkChanged(link, problem),
    });
    return {
      checkout,
      person,
      code,
      basket: new Basket(),
      coupons: [],
      selected: undefined,
      source: undefined,
      script: undefined,
      link: 'asking',
      problem: '',
    };
  }

  private place(): GetOffersRequest {
    const { storeId, terminalId, operatorId, locale } = this.settings;
    return {
      channel: 'CHANNEL_POS',
      locale,
      ...(storeId && { storeId }),
      ...(terminalId && { terminalId }),
      ...(operatorId && { operatorId }),
    };
  }

  private basketChanged(sale: Sale): void {
    sale.checkout.setLines(sale.basket.messages());
    this.changed();
  }

  private offersCame(answer: GetOffersResponse): void {
    const { sale } = this;
    if (!sale) return;
    const source: Source = { from: 'server', tier: answer.tier ?? '', reason: answer.tierReason ?? '' };
    this.put(sale, source, answer.offers?.[0], true);
    this.changed();
  }

  private linkChanged(link: Link, problem = ''): void {
    const { sale } = this;
    if (!sale) return;
    sale.link = this.idleLink = link;
    sale.problem = problem;
    if (link === 'live') void this.outbox.flush();
    // Better a plain offer at once than the best one too late; the best one takes its place when it comes.
    if (link !== 'live' && !sale.source) this.showKnown(sale);
    this.changed();
  }

  private showKnown(sale: Sale): void {
    const known = this.known.use();
    const source: Source = known ? { from: 'memory', time: known.time } : { from: 'nowhere' };
    this.put(sale, source, known?.offers[0], known?.countable ?? false);
  }

  // Puts an offer on the screen. What was said to the person and waits for the answer stays there until it came.
  private put(sale: Sale, source: Source, offer: RankedOffer | undefined, countable: boolean): void {
    sale.source = source;
    const before = sale.script;
    if (before && (waits(before) || this.declining)) return;
    if (before && before.offer.offerId === offer?.offerId && before.answer) return void (before.source = source);
    window.clearTimeout(this.readTimer);
    sale.script = offer && this.scriptOf(offer, countable, source);
    if (!sale.script || !countable) return;
    const attributionToken = sale.script.offer.attributionToken;
    this.readTimer = window.setTimeout(
      () => this.outcomes.tell({ attributionToken, kind: 'OUTCOME_KIND_RENDERED' }),
      READABLE_MS,
    );
  }

  // Nobody is asked twice: an offer that comes again has its answer.
  private scriptOf(offer: RankedOffer, countable: boolean, source: Source): Script {
    const answered = this.answers.get(offer.offerId);
    if (answered) return Object.assign(answered, { source });
    return { offer, said: false, answer: undefined, reason: undefined, countable, source };
  }

  private answer(script: Script, answer: Answer, reason: DeclineReason | undefined): void {
    script.answer = answer;
    script.reason = reason;
    this.answers.set(script.offer.offerId, script);
  }

  private tell(script: Script, outcome: Omit<Parameters<Outcomes['tell']>[0], 'attributionToken'>): void {
    if (!script.countable) return;
    this.outcomes.tell({ attributionToken: script.offer.attributionToken, ...outcome });
  }

  private receiptOf(sale: Sale, customer: CustomerRef, receiptId: string): Purchase {
    return {
      customer,
      receiptId,
      ...(this.settings.storeId && { storeId: this.settings.storeId }),
      time: nowText(),
      utcOffsetMinutes: utcOffsetMinutes(),
      channel: 'CHANNEL_POS',
      lines: sale.basket.messages(),
      ...(sale.coupons.length > 0 && { couponCodes: sale.coupons }),
    };
  }

  private close(sale: Sale, purchase: Purchase | undefined): void {
    sale.checkout.end();
    const body: CheckoutRequest = { close: purchase ? { purchase } : {} };
    const path = `/checkout/${encodeURIComponent(sale.checkout.id)}`;
    if (purchase) this.outbox.send(path, body);
    // Nothing depends on it: the server forgets the checkout by itself after a while.
    else call(path, body, { keepalive: true }).catch(() => undefined);
  }

  private startOver(): void {
    window.clearTimeout(this.readTimer);
    this.sale = undefined;
    this.wantsCard = true;
    this.cardOnly = this.declining = false;
    this.answers = new Map();
    void this.refreshKnown();
    this.changed();
  }

  // Sees to it that there is something to show when the server is away, and notices when it is back.
  private async refreshKnown(): Promise<void> {
    window.clearTimeout(this.knownTimer);
    if (this.idleLink === 'live' && !this.known.spent && this.known.ageMs < KNOWN_AGE_MS) return;
    try {
      // Not in the name of this terminal: an answer to it would take the place of the one that is on the screen.
      const { terminalId: _, ...request } = this.place();
      this.known.keep(await call<GetOffersResponse>(METHODS.getOffers, request));
      this.idleLink = 'live';
      void this.outbox.flush();
    } catch {
      this.idleLink = 'away';
      this.knownTimer = window.setTimeout(() => void this.refreshKnown(), KNOWN_PAUSE_MS);
    }
    this.changed();
  }
}

// It was said, and the customer has not answered.
function waits(script: Script | undefined): boolean {
  return !!script?.said && !script.answer;
}

function couponOf(script: Script | undefined): string | undefined {
  return script?.offer.coupon?.code;
}
