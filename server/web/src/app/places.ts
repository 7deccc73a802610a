import type { RankedOffer } from '../api/messages';
import type { Outcomes } from '../api/outcomes';
import { byId, element } from '../lib/dom';
import { picture } from '../lib/picture';
import { Sight } from '../lib/sight';
import type { Texts } from './texts';

// The spots of the app that nbod fills. Their ids are those of the page's elements.
export const PLACEMENTS = ['home_banner', 'cart', 'after_purchase'] as const;

export class Places {
  private readonly sight: Sight;
  // What the person has answered is not put up again.
  private readonly answered = new Set<string>();
  private readonly kept = new Set<string>();

  constructor(private readonly outcomes: Outcomes) {
    this.sight = new Sight((attributionToken, visibleMs, visibleShare) =>
      outcomes.tell({ attributionToken, kind: 'OUTCOME_KIND_SEEN', visibleMs, visibleShare }),
    );
    // A page that is hidden may never be seen again.
    document.addEventListener('visibilitychange', () => document.hidden && this.sight.report());
    window.addEventListener('pagehide', () => this.sight.report());
  }

  fill(placement: string, offers: RankedOffer[], texts: Texts): void {
    const place = byId(placement);
    this.empty(place);
    for (const offer of offers) {
      if (offer.placement !== placement || this.answered.has(offer.offerId)) continue;
      const card = this.card(offer, texts);
      place.append(card);
      this.outcomes.tell({ attributionToken: offer.attributionToken, kind: 'OUTCOME_KIND_RENDERED' });
      this.sight.watch(card, offer.attributionToken);
    }
  }

  // Another person: nothing of the one before counts.
  forget(): void {
    for (const placement of PLACEMENTS) this.empty(byId(placement));
    this.answered.clear();
    this.kept.clear();
  }

  private empty(place: HTMLElement): void {
    for (const card of [...place.children]) {
      this.sight.unwatch(card);
      card.remove();
    }
  }

  private card(offer: RankedOffer, texts: Texts): HTMLElement {
    const { title, body, imageUrl, price, callToAction } = offer.treatment ?? {};
    const attributionToken = offer.attributionToken;
    const kept = this.kept.has(offer.offerId);
    const open = element('button', { type: 'button', class: 'primary' }, kept ? texts.opened : (callToAction ?? texts.open));
    open.disabled = kept;
    const no = element('button', { type: 'button', class: 'secondary' }, texts.noThanks);
    const card = element(
      'article',
      { class: 'offer', 'aria-label': title ?? '' },
      picture(imageUrl, 'offer-picture'),
      element(
        'div',
        { class: 'offer-words' },
        element('h3', {}, title ?? ''),
        price && element('p', { class: 'offer-price' }, price),
        body && element('p', {}, body),
        offer.reason && element('p', { class: 'offer-reason' }, offer.reason),
        element('div', { class: 'offer-buttons' }, open, no),
      ),
    );
    open.addEventListener('click', () => {
      this.outcomes.tell({ attributionToken, kind: 'OUTCOME_KIND_CLICKED' });
      this.outcomes.tell({ attributionToken, kind: 'OUTCOME_KIND_ACCEPTED' });
      this.kept.add(offer.offerId);
      open.textContent = texts.opened;
      open.disabled = true;
    });
    no.addEventListener('click', () => {
      this.answered.add(offer.offerId);
      this.outcomes.tell({ attributionToken, kind: 'OUTCOME_KIND_DECLINED', declineReason: 'DECLINE_REASON_NOT_INTERESTED' });
      this.sight.unwatch(card);
      card.remove();
    });
    return card;
  }
}
