// A sample of an application: it asks for several placements in one call, and tells what became of what it was given.
import { METHODS } from '../api/call';
import type { CustomerRef, GetOffersRequest, GetOffersResponse, Purchase, RankedOffer } from '../api/messages';
import { MemoryShelf, Outbox } from '../api/outbox';
import { Outcomes } from '../api/outcomes';
import { Articles } from '../lib/articles';
import { Basket } from '../lib/basket';
import { learnTime, nowText, utcOffsetMinutes } from '../lib/clock';
import { byId, element, setText, show } from '../lib/dom';
import { newId } from '../lib/ids';
import { Money } from '../lib/money';
import { picture } from '../lib/picture';
import { PICKS, pickPicture } from '../lib/picks';
import { readSettings } from '../lib/settings';
import { fillTexts } from '../lib/words';
import { PLACEMENTS, Places } from './places';
import { TEXTS, type Texts } from './texts';
import { callAndShow, showMessage } from './wire';

const AFTER = 'after_purchase';

const settings = readSettings();
const articles = new Articles();
const outbox = new (class extends Outbox {
  override send(path: string, body: unknown): void {
    showMessage(path, body);
    super.send(path, body);
  }
})(new MemoryShelf(), () => undefined);
const places = new Places(new Outcomes(outbox));
// A device has an id of its own: an answer to it takes the place of the one before.
const device = newId('app');

let locale = settings.locale;
let customer = new URLSearchParams(location.search).get('customer') ?? '';
let basket = new Basket();
let asked = 0;
// The number of the latest call that asked for a placement.
const latest = new Map<string, number>();
// What comes after the purchase is put up then, not before: else it would count as shown.
let after: RankedOffer[] = [];

const texts = (): Texts => TEXTS[locale];

// One call for all spots that may have changed; for a spot that was asked for again meanwhile the answer is dropped.
async function ask(placements: readonly string[]): Promise<void> {
  const number = ++asked;
  for (const placement of placements) latest.set(placement, number);
  const request: GetOffersRequest = {
    ...(customer && { customer: whoIs() }),
    channel: 'CHANNEL_MOBILE_APP',
    placements: [...placements],
    maxOffers: 1,
    terminalId: device,
    locale,
    requestId: newId('ask'),
    basketLines: basket.messages(),
  };
  try {
    const answer = await callAndShow<GetOffersResponse>(METHODS.getOffers, request);
    const current = placements.filter((placement) => latest.get(placement) === number);
    if (current.length === 0) return;
    learnTime(answer.decideTime);
    say(answer);
    const offers = answer.offers ?? [];
    for (const placement of current) if (placement !== AFTER) places.fill(placement, offers, texts());
    if (current.includes(AFTER)) {
      after = offers;
      if (!byId('bought').hidden) places.fill(AFTER, after, texts());
    }
    void outbox.flush();
  } catch {
    if (number === asked) setText(byId('status'), texts().away);
  }
}

function say(answer: GetOffersResponse): void {
  const unknown = answer.tierReason === 'TIER_REASON_UNKNOWN_CUSTOMER';
  const { signedIn, everybody, unknown: isNew } = texts();
  setText(byId('status'), !customer ? everybody : unknown ? isNew(customer) : signedIn(customer));
}

function whoIs(): CustomerRef {
  return { customerId: customer };
}

function draw(): void {
  const money = new Money(locale, settings.currency);
  fillTexts(texts(), locale);
  document.title = texts().shop;
  byId('goods').replaceChildren(...PICKS.map((pick) => {
    const price = articles.find(pick.id).priceMinor;
    const button = element(
      'button',
      { type: 'button', class: 'good' },
      picture(pickPicture(pick), 'good-picture'),
      element('span', { class: 'visually-hidden' }, `${texts().add} `),
      element('span', { class: 'good-name' }, pick.name[locale]),
      element('span', { class: 'good-price' }, price ? money.text(price) : ''),
    );
    button.addEventListener('click', () => add(pick.id));
    return element('li', {}, button);
  }));
  drawCart(money);
}

function drawCart(money: Money): void {
  const name = (id: string, otherwise: string) => PICKS.find((pick) => pick.id === id)?.name[locale] ?? otherwise;
  byId('lines').replaceChildren(
    ...basket.lines.map(({ article, pieces }) =>
      element(
        'li',
        {},
        element('span', {}, (pieces > 1 ? `${pieces} × ` : '') + name(article.id, article.name)),
        element('span', {}, money.text(pieces * article.priceMinor)),
      ),
    ),
  );
  show(byId('cart-empty'), basket.lines.length === 0);
  setText(byId('pieces'), basket.pieces ? texts().pieces(basket.pieces) : '');
  setText(byId('total'), money.text(basket.totalMinor));
  byId<HTMLButtonElement>('buy').disabled = basket.lines.length === 0;
}

function add(id: string): void {
  basket.add(articles.find(id));
  show(byId('bought'), false);
  drawCart(new Money(locale, settings.currency));
  void ask(['cart', 'after_purchase']);
}

// The receipt goes the way of all messages: in its turn, until it has arrived.
function buy(): void {
  if (customer) {
    const purchase: Purchase = {
      customer: whoIs(),
      receiptId: newId('app'),
      time: nowText(),
      utcOffsetMinutes: utcOffsetMinutes(),
      channel: 'CHANNEL_MOBILE_APP',
      lines: basket.messages(),
    };
    outbox.send('/nbo.v1.EventService/RecordPurchase', { purchase });
  }
  basket = new Basket();
  show(byId('bought'), true);
  places.fill(AFTER, after, texts());
  byId('bought').scrollIntoView({ block: 'nearest' });
  drawCart(new Money(locale, settings.currency));
}

byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  customer = byId<HTMLInputElement>('customer').value.trim();
  basket = new Basket();
  places.forget();
  after = [];
  show(byId('bought'), false);
  draw();
  void ask(PLACEMENTS);
});
byId('language').addEventListener('click', () => {
  locale = locale === 'en' ? 'ru' : 'en';
  draw();
  void ask(PLACEMENTS);
});
byId('buy').addEventListener('click', buy);

byId<HTMLInputElement>('customer').value = customer;
draw();
void articles.load().then(draw);
void ask(PLACEMENTS);
