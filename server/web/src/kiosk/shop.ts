import type { RankedOffer } from '../api/messages';
import type { Article, Articles } from '../lib/articles';
import { element, setText, show } from '../lib/dom';
import type { Money } from '../lib/money';
import { picture } from '../lib/picture';
import { PICKS, pickPicture } from '../lib/picks';
import { Sight } from '../lib/sight';
import type { Session } from './session';
import { languageButton, type Stage } from './stage';

export interface ShopActions {
  pay(): void;
  leave(): void;
}

// The offers for the person, large, and the basket as it grows.
export class Shop {
  readonly sight: Sight;
  private readonly heading = element('h1', {});
  private readonly note = element('p', { class: 'note', role: 'status' });
  private readonly cards = element('ul', { class: 'cards' });
  private readonly lines = element('ol', { class: 'basket-lines' });
  private readonly empty = element('p', { class: 'soft' });
  private readonly total = element('output', { class: 'total' });
  private readonly payButton: HTMLButtonElement;
  // By offer: a card whose offer is offered again stays where it is.
  private readonly shown = new Map<string, { card: HTMLElement; offer: RankedOffer; taken: boolean }>();

  constructor(
    private readonly stage: Stage,
    private readonly session: Session,
    private readonly articles: Articles,
    private readonly money: Money,
    actions: ShopActions,
  ) {
    this.sight = new Sight((token, ms, share) => session.seen(token, ms, share));
    const { texts } = stage;
    this.payButton = element('button', { type: 'button', class: 'primary pay' }, texts.pay);
    this.payButton.addEventListener('click', actions.pay);
    const leave = element('button', { type: 'button', class: 'quiet' }, texts.leave);
    leave.addEventListener('click', actions.leave);
    setText(this.empty, texts.empty);
    stage.put(
      element(
        'main',
        { class: 'shop' },
        element('header', { class: 'shop-head' }, this.heading, leave, languageButton(stage)),
        element('section', { class: 'offers', 'aria-label': texts.offers }, this.note, this.cards),
        this.basketSection(),
      ),
    );
    this.draw();
  }

  draw(): void {
    const { texts } = this.stage;
    const offers = this.session.shown;
    setText(this.heading, this.session.personal ? texts.welcomeBack : this.session.answered ? texts.welcome : texts.forAll);
    setText(this.note, offers.length > 0 ? '' : this.session.answered ? texts.nothing : texts.moment);
    show(this.note, offers.length === 0);
    this.drawCards(offers);
    this.drawBasket();
  }

  private drawCards(offers: RankedOffer[]): void {
    for (const [id, { card }] of this.shown) {
      if (offers.some((offer) => offer.offerId === id)) continue;
      this.sight.unwatch(card);
      card.remove();
      this.shown.delete(id);
    }
    offers.forEach((offer, i) => {
      const card = this.cardOf(offer);
      if (this.cards.children[i] !== card) this.cards.insertBefore(card, this.cards.children[i] ?? null);
      this.sight.watch(card, offer.attributionToken);
      this.session.rendered(offer);
    });
    this.cards.dataset['count'] = String(offers.length);
  }

  // The card that shows it already, unless a text or its state is another one.
  private cardOf(offer: RankedOffer): HTMLElement {
    const taken = this.session.taken.has(offer.offerId);
    const before = this.shown.get(offer.offerId);
    if (before && before.taken === taken && before.offer.treatment?.locale === offer.treatment?.locale) {
      before.offer = offer;
      return before.card;
    }
    const card = this.makeCard(offer, taken);
    if (before) {
      this.sight.unwatch(before.card);
      before.card.replaceWith(card);
    }
    this.shown.set(offer.offerId, { card, offer, taken });
    return card;
  }

  private makeCard(offer: RankedOffer, taken: boolean): HTMLElement {
    const { texts } = this.stage;
    const { title, body, imageUrl, price, callToAction } = offer.treatment ?? {};
    // By then it may be of a later answer, with another token.
    const current = () => this.shown.get(offer.offerId)?.offer ?? offer;
    const yes = element('button', { type: 'button', class: 'primary' }, callToAction ?? texts.take);
    yes.addEventListener('click', () => this.session.take(current()));
    const no = element('button', { type: 'button', class: 'secondary' }, texts.notForMe);
    no.addEventListener('click', () => this.session.dismiss(current()));
    const name = `offer-${offer.offerId}`;
    for (const button of [yes, no]) button.setAttribute('aria-describedby', name);
    return element(
      'li',
      { class: 'card', 'data-taken': taken },
      picture(imageUrl, 'card-picture'),
      element(
        'div',
        { class: 'card-words' },
        element('h2', { id: name }, title ?? ''),
        price && element('p', { class: 'card-price' }, price),
        body && element('p', { class: 'card-body' }, body),
        offer.reason && element('p', { class: 'card-reason' }, offer.reason),
      ),
      taken
        ? element('p', { class: 'card-taken', role: 'status' }, texts.taken)
        : element('div', { class: 'card-buttons' }, yes, no),
    );
  }

  private basketSection(): HTMLElement {
    const { texts, locale } = this.stage;
    const picks = PICKS.map((pick) => {
      const name = pick.name[locale];
      const button = element(
        'button',
        { type: 'button', class: 'pick' },
        picture(pickPicture(pick), 'pick-picture'),
        element('span', { class: 'visually-hidden' }, `${texts.add} `),
        element('span', {}, name),
      );
      button.addEventListener('click', () => this.session.add(this.articles.find(pick.id)));
      return button;
    });
    return element(
      'section',
      { class: 'basket', 'aria-label': texts.basket },
      element('h2', {}, texts.basket),
      element('div', { class: 'basket-scroll' }, this.empty, this.lines),
      element('div', { class: 'picks', role: 'group', 'aria-label': texts.quick }, ...picks),
      element('p', { class: 'basket-total' }, element('span', {}, texts.total), this.total),
      this.payButton,
    );
  }

  private nameOf(article: Article): string {
    return PICKS.find((pick) => pick.id === article.id)?.name[this.stage.locale] ?? article.name;
  }

  private drawBasket(): void {
    const { basket } = this.session;
    show(this.empty, basket.lines.length === 0);
    this.lines.replaceChildren(
      ...basket.lines.map((line) =>
        element(
          'li',
          {},
          element('span', {}, (line.pieces > 1 ? `${line.pieces} × ` : '') + this.nameOf(line.article)),
          element('span', { class: 'amount' }, this.money.text(line.pieces * line.article.priceMinor)),
        ),
      ),
    );
    this.lines.lastElementChild?.scrollIntoView({ block: 'nearest' });
    setText(this.total, this.money.text(basket.totalMinor));
    this.payButton.disabled = basket.lines.length === 0;
  }
}
