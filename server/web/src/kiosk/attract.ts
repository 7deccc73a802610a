import type { RankedOffer } from '../api/messages';
import { element } from '../lib/dom';
import { picture } from '../lib/picture';
import { languageButton, type Stage } from './stage';

const SLIDE_MS = 6000;

// What passers-by see: offers for everybody, one after another, and how to begin. Without offers, the invitation alone.
export function attract(stage: Stage, offers: RankedOffer[], begin: () => void): () => void {
  const { texts } = stage;
  const slides = offers.map((offer, i) =>
    element(
      'li',
      { class: 'slide', 'data-on': i === 0, 'aria-hidden': i === 0 ? undefined : 'true' },
      picture(offer.treatment?.imageUrl, 'slide-picture'),
      element('p', { class: 'slide-title' }, offer.treatment?.title ?? ''),
      offer.treatment?.price && element('p', { class: 'slide-price' }, offer.treatment.price),
    ),
  );
  const start = element('button', { type: 'button', class: 'primary begin' }, texts.begin);
  const screen = element(
    'main',
    { class: 'attract' },
    element('header', { class: 'corner' }, languageButton(stage)),
    element('ul', { class: 'slides' }, ...slides),
    element(
      'div',
      { class: 'invitation' },
      element('h1', {}, texts.invitation),
      element('p', {}, texts.invitationHint),
      start,
    ),
  );
  // The whole screen is the button; this one is for keyboards and screen readers.
  screen.addEventListener('click', begin);
  stage.put(screen);

  let at = 0;
  const timer = window.setInterval(() => {
    if (slides.length < 2) return;
    slides[at]?.removeAttribute('data-on');
    slides[at]?.setAttribute('aria-hidden', 'true');
    at = (at + 1) % slides.length;
    slides[at]?.setAttribute('data-on', '');
    slides[at]?.removeAttribute('aria-hidden');
  }, SLIDE_MS);
  return () => window.clearInterval(timer);
}
