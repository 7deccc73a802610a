// The screen of a till, drawn anew from its state whenever that changes.
import type { Outbox, Refusal } from '../api/outbox';
import { byId, element, setText, show } from '../lib/dom';
import type { Money } from '../lib/money';
import { shortForm } from '../lib/person';
import type { Settings } from '../lib/settings';
import { REASONS, type Texts } from './texts';
import type { Sale, Source, Till } from './till';

export class View {
  constructor(
    private readonly texts: Texts,
    private readonly settings: Settings,
    private readonly money: Money,
  ) {
    this.drawPlace();
    this.drawHelp();
    byId('reasons').append(...REASONS.map((_, i) => key(String(i + 1), texts.reasons[i] ?? '', `reason-${i}`)));
    byId('reasons').setAttribute('aria-label', texts.whyNot);
    const refit = () => fit(byId('script'));
    window.addEventListener('resize', refit);
    // Until then the widths were those of another typeface; letters of another script come when they are first needed.
    document.fonts.addEventListener('loadingdone', refit);
  }

  // A word to the cashier; it stays until the next key.
  say(message: string): void {
    setText(byId('message'), message);
  }

  draw(till: Till, outbox: Outbox): void {
    this.drawLink(till, outbox);
    this.drawScript(till, outbox);
    this.drawBasket(till.sale);
    this.drawCoupons(till);
    this.drawField(till);
    this.drawRefusals(outbox.refused());
  }

  private drawPlace(): void {
    const { storeId, terminalId, operatorId } = this.settings;
    const { store, till, cashier } = this.texts;
    const parts = [storeId && `${store} ${storeId}`, terminalId && `${till} ${terminalId}`, operatorId && `${cashier} ${operatorId}`];
    setText(byId('place'), parts.filter(Boolean).join('  ·  ') || this.texts.title);
  }

  private drawHelp(): void {
    for (const [name, meaning] of this.texts.helpRows) {
      byId('help-rows').append(element('dt', {}, element('kbd', {}, name)), element('dd', {}, meaning));
    }
  }

  private drawLink(till: Till, outbox: Outbox): void {
    const { linkLive, linkLate, linkAway } = this.texts;
    const link = byId('link');
    const words = { asking: linkLive, live: linkLive, refused: linkLive, late: linkLate, away: linkAway };
    setText(link, words[till.link]);
    link.dataset['link'] = till.link;
    const waiting = outbox.waiting();
    const refused = outbox.refused().length;
    show(byId('queue'), waiting + refused > 0);
    setText(
      byId('queue'),
      [waiting && this.texts.waiting(waiting), refused && this.texts.refused(refused)].filter(Boolean).join(' · '),
    );
  }

  private drawScript(till: Till, outbox: Outbox): void {
    const { sale } = till;
    const script = sale?.script;
    const source = sale && sourceOf(sale);
    const memory = source?.from === 'memory' || source?.from === 'nowhere';
    byId('script').closest<HTMLElement>('.script-panel')!.dataset['mood'] = memory ? 'memory' : sale ? 'serving' : 'idle';
    const forWhom = sale ? this.forWhom(sale) : till.last ? `${this.texts.receipt} ${till.last.id}` : '';
    setText(byId('for-whom'), forWhom || '\u00a0');
    setLines(byId('script'), sale ? this.scriptLines(sale) : this.idleLines(till));
    setText(byId('why'), (sale ? this.why(sale) : this.idleHint(till, outbox)) || '\u00a0');
    show(byId('answers'), !!script && !till.declining);
    show(byId('reasons'), till.declining);
    press('said', !!script?.said);
    press('yes', script?.answer === 'yes');
    press('no', script?.answer === 'no');
  }

  private scriptLines(sale: Sale): string[] {
    const words = sale.script?.offer.treatment?.script ?? sale.script?.offer.treatment?.title;
    if (words) return words.split('\n');
    return [sale.source ? this.texts.nothing : this.texts.looking];
  }

  private idleLines(till: Till): string[] {
    return till.last ? [this.money.text(till.last.totalMinor), this.texts.next] : [this.texts.scanCard];
  }

  private idleHint(till: Till, outbox: Outbox): string {
    if (!till.last) return this.texts.scanCardHint;
    if (!till.last.recorded) return this.texts.receiptNobody;
    return outbox.waiting() > 0 && till.link !== 'live' ? this.texts.receiptWaits : this.texts.receiptDone;
  }

  private why(sale: Sale): string {
    const { script } = sale;
    if (!script) return sale.source ? this.texts.nothingHint : '';
    const { coupon } = script.offer;
    if (script.answer && !script.countable) return this.texts.notCounted;
    if (script.answer === 'no' && script.reason) {
      return `${this.texts.whyNot} ${this.texts.reasons[REASONS.indexOf(script.reason)]}`;
    }
    if (coupon?.code && sale.coupons.includes(coupon.code)) return `${this.texts.coupon} ${coupon.code} ✓`;
    if (script.answer === 'yes' && coupon?.code) return `${this.texts.coupon} ${coupon.code}`;
    return script.offer.reason ? `${this.texts.why}: ${script.offer.reason}` : '';
  }

  private forWhom(sale: Sale): string {
    const { texts } = this;
    const who = sale.code ? `${texts.cardField} ${shortForm(sale.code)}  ·  ` : '';
    const source = sourceOf(sale);
    if (sale.link === 'refused') return texts.refusedCheckout(sale.problem);
    if (!source) return sale.code ? `${texts.cardField} ${shortForm(sale.code)}` : '';
    if (source.from === 'nowhere') return texts.awayEmpty;
    if (source.from === 'memory') return texts.lastKnown(this.time(source.time));
    if (source.tier === 'ANSWER_TIER_FULL') return who + texts.forThis;
    if (source.tier === 'ANSWER_TIER_CACHED') return who + texts.forThisRemembered;
    const ofReason: Record<string, string> = {
      TIER_REASON_NO_CUSTOMER: texts.forAllNobody,
      TIER_REASON_UNKNOWN_CUSTOMER: who + texts.forAllNew,
      TIER_REASON_PAUSED: texts.paused,
      // Who is in the control group is nobody's business at the till.
      TIER_REASON_CONTROL_GROUP: who + texts.forAll,
    };
    return ofReason[source.reason] ?? who + texts.forAllLate;
  }

  private time(ms: number): string {
    return new Date(ms).toLocaleTimeString(this.settings.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  }

  private drawBasket(sale: Sale | undefined): void {
    const lines = sale?.basket.lines ?? [];
    show(byId('basket-empty'), lines.length === 0);
    setText(byId('pieces'), sale?.basket.pieces ? this.texts.pieces(sale.basket.pieces) : '');
    setText(byId('total'), this.money.text(sale?.basket.totalMinor ?? 0));
    const rows = lines.map((line) =>
      element(
        'li',
        { class: 'line', 'aria-current': line === sale?.selected },
        element('span', { class: 'line-pieces' }, line.pieces > 1 ? `${line.pieces} ×` : ''),
        element('span', { class: 'line-name' }, line.article.name),
        element('span', { class: 'line-note' }, line.article.known ? line.article.category : this.texts.unknownArticle),
        element('span', { class: 'line-amount' }, this.money.text(line.pieces * line.article.priceMinor)),
      ),
    );
    byId('lines').replaceChildren(...rows);
    (byId('lines').querySelector('[aria-current]') ?? byId('lines').lastElementChild)?.scrollIntoView({ block: 'nearest' });
  }

  // Of scripts that are on the screen no longer: the customer still holds the coupon out.
  private drawCoupons(till: Till): void {
    const scanned = till.sale?.coupons ?? [];
    const codes = [...new Set([...till.accepted, ...scanned])].filter((code) => code !== till.sale?.script?.offer.coupon?.code);
    show(byId('coupons'), codes.length > 0);
    setText(byId('coupons'), codes.map((code) => `${this.texts.coupon} ${code}${scanned.includes(code) ? ' ✓' : ''}`).join(' · '));
  }

  private drawField(till: Till): void {
    const { texts } = this;
    setText(byId('code-label'), till.wantsCard ? texts.scanCard : texts.scanItem);
    // The same hint stands in the middle of the screen while nobody is served.
    setText(byId('code-hint'), till.wantsCard ? (till.sale ? texts.scanCardHint : '') : texts.scanItemHint);
    byId('code').dataset['wants'] = till.wantsCard ? 'card' : 'article';
  }

  private drawRefusals(refusals: Refusal[]): void {
    show(byId('help-refused'), refusals.length > 0);
    byId('refusals').replaceChildren(...refusals.slice(-8).map((refusal) => element('li', {}, refusal.message)));
  }
}

// Where the script on the screen is from; without one, the latest answer.
function sourceOf(sale: Sale): Source | undefined {
  return sale.script?.source ?? sale.source;
}

// The lines of the script, each a line of its own on the screen; the same lines are left as they are.
function setLines(target: HTMLElement, lines: string[]): void {
  if (target.dataset['lines'] === lines.join('\n')) return;
  target.dataset['lines'] = lines.join('\n');
  target.replaceChildren(...lines.map((line) => element('p', {}, line)));
  fit(target);
}

// Below this share of the size, a line is broken rather than made smaller still.
const SMALLEST = 0.6;

// The lines of a script are its author's: rather than breaking one, all are set a little smaller.
function fit(target: HTMLElement): void {
  target.classList.add('unbroken');
  target.style.fontSize = '';
  const widest = Math.max(...[...target.children].map((line) => line.scrollWidth));
  const share = target.clientWidth / widest;
  if (share < SMALLEST) target.classList.remove('unbroken');
  else if (share < 1) target.style.fontSize = `${Math.floor(parseFloat(getComputedStyle(target).fontSize) * share)}px`;
}

function key(cap: string, text: string, id: string): HTMLButtonElement {
  return element('button', { type: 'button', class: 'key', id }, element('kbd', {}, cap), element('span', {}, text));
}

function press(id: string, pressed: boolean): void {
  byId(id).setAttribute('aria-pressed', String(pressed));
}
