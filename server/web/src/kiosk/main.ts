// The kiosk: invites, asks who it is, shows offers and the basket, says thank you, and forgets.
import { call, METHODS } from '../api/call';
import type { GetOffersResponse, RankedOffer } from '../api/messages';
import { MemoryShelf, Outbox } from '../api/outbox';
import { Articles } from '../lib/articles';
import { byId, element, setText } from '../lib/dom';
import { Money } from '../lib/money';
import { readSettings } from '../lib/settings';
import { attract } from './attract';
import { identify } from './identify';
import { END_AFTER_MS, Idle } from './idle';
import { placeOf, Session } from './session';
import { Shop } from './shop';
import { putOnStage, type Stage } from './stage';
import { TEXTS } from './texts';

const REFRESH_MS = 5 * 60_000;
const RETRY_MS = 5000;
const THANKS_MS = 6000;

const settings = readSettings();
const articles = new Articles();
// In memory: nothing of a person may stay in the browser.
const outbox = new Outbox(new MemoryShelf(), () => undefined);
const stillThere = byId<HTMLDialogElement>('still-there');

let locale = settings.locale;
let session: Session | undefined;
let shop: Shop | undefined;
let forAll: RankedOffer[] = [];
let leaveScreen: () => void = () => undefined;
let screen: 'attract' | 'identify' | 'shop' | 'thanks' = 'attract';

const idle = new Idle({ asking: askWhetherThere, over: () => forget() });

function stage(): Stage {
  return { texts: TEXTS[locale], locale, put: putOnStage, toggleLanguage };
}

function enter(next: typeof screen): void {
  leaveScreen();
  leaveScreen = () => undefined;
  screen = next;
  document.documentElement.lang = locale;
  document.title = TEXTS[locale].title;
}

function showAttract(): void {
  enter('attract');
  const leave = attract(stage(), forAll, () => showIdentify());
  // Who chose a language and went away leaves it to nobody.
  const timer = locale === settings.locale ? undefined : window.setTimeout(forget, END_AFTER_MS);
  leaveScreen = () => {
    leave();
    window.clearTimeout(timer);
  };
}

function showIdentify(keyedIn = ''): void {
  enter('identify');
  idle.start();
  identify(stage(), keyedIn, { identified: begin, cancel: forget });
}

function begin(code: string): void {
  idle.start();
  session = new Session(code, locale, settings, outbox, () => forAll, () => shop?.draw());
  showShop();
}

function showShop(): void {
  if (!session) return;
  enter('shop');
  const money = new Money(locale, settings.currency);
  shop = new Shop(stage(), session, articles, money, { pay: () => finish(true), leave: () => finish(false) });
}

function finish(paid: boolean): void {
  endSession(paid);
  const texts = TEXTS[locale];
  enter('thanks');
  putOnStage(
    element(
      'main',
      { class: 'thanks', role: 'status' },
      element('h1', {}, paid ? texts.thanks : texts.goodbye),
      element('p', {}, texts.thanksHint),
    ),
  );
  const timer = window.setTimeout(forget, THANKS_MS);
  leaveScreen = () => window.clearTimeout(timer);
}

// What was seen is told before the receipt: a receipt is held against what was told before it.
function endSession(paid: boolean): void {
  shop?.sight.end();
  session?.end(paid);
  shop = undefined;
  session = undefined;
}

// Back to the beginning, with nothing of anybody left: no session, no element, no number in a field.
function forget(): void {
  idle.stop();
  if (stillThere.open) stillThere.close();
  endSession(false);
  typed = '';
  const chosen = locale;
  locale = settings.locale;
  showAttract();
  if (chosen !== locale) void refresh();
}

function toggleLanguage(): void {
  locale = locale === 'en' ? 'ru' : 'en';
  if (screen === 'attract') {
    showAttract();
  } else if (screen === 'identify') {
    showIdentify(byId<HTMLInputElement>('number').value);
  } else if (screen === 'shop') {
    shop?.sight.end();
    session?.setLocale(locale);
    showShop();
  }
  void refresh();
}

function askWhetherThere(secondsLeft: number | undefined): void {
  shop?.sight.pause(secondsLeft !== undefined);
  if (secondsLeft === undefined) {
    if (stillThere.open) stillThere.close();
    return;
  }
  const texts = TEXTS[locale];
  setText(byId('still-there-title'), texts.stillThere);
  setText(byId('still-there-hint'), texts.stillThereHint(secondsLeft));
  setText(byId('stay'), texts.stay);
  if (!stillThere.open) stillThere.showModal();
}

// A scanner types a code and ends with Enter, whatever has the focus.
let typed = '';
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const inField = event.target instanceof HTMLInputElement;
  if (inField || (event.key === 'Enter' && !typed)) return;
  if (event.key.length === 1 && event.key !== ' ') typed = (typed + event.key).slice(-60);
  if (event.key !== 'Enter') return;
  event.preventDefault();
  const code = typed;
  typed = '';
  scanned(code);
});

// What the price list has is goods, everything else somebody's card.
function scanned(code: string): void {
  if (screen !== 'shop' || !session) return begin(code);
  if (articles.has(code)) return session.add(articles.find(code));
  if (!session.code) return session.identify(code);
  if (code === session.code) return;
  endSession(false);
  begin(code);
}

// Offers for everybody, for passers-by and for the time when the server is away.
async function refresh(): Promise<void> {
  let pauseMs = REFRESH_MS;
  const asked = locale;
  try {
    const { terminalId: _, ...request } = placeOf(settings, asked);
    const { offers = [] } = await call<GetOffersResponse>(METHODS.getOffers, request);
    if (asked !== locale) return; // Another one is under way, in the language of now.
    forAll = offers;
    if (screen === 'attract') showAttract();
  } catch {
    pauseMs = RETRY_MS;
  }
  window.clearTimeout(refreshTimer);
  refreshTimer = window.setTimeout(() => void refresh(), pauseMs);
}
let refreshTimer: number | undefined;

// A page that is left may be kept by the browser as it stands, to be shown again.
window.addEventListener('pagehide', forget);

showAttract();
void refresh();
void articles.load();
