import { element } from './dom';

const FALLBACK = '/pictures/basket.svg';

// The picture of an offer. It says nothing that the title does not, so it has no text of its own; one that cannot be had
// is replaced. A drawing fits itself into any frame ('drawn'), of a photograph the middle is shown.
export function picture(url: string | undefined, classes: string): HTMLImageElement {
  const source = url || FALLBACK;
  const drawn = source.endsWith('.svg') ? ' drawn' : '';
  const image = element('img', { class: classes + drawn, alt: '', decoding: 'async', src: source });
  image.addEventListener('error', () => (image.src = FALLBACK), { once: true });
  return image;
}
