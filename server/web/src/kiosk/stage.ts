import { byId, element } from '../lib/dom';
import type { Locale } from '../lib/settings';
import type { Texts } from './texts';

// What the screens of the kiosk share: the place they are put into, and the language.
export interface Stage {
  texts: Texts;
  locale: Locale;
  // Takes the place of the screen before, of which nothing stays.
  put(screen: HTMLElement): void;
  toggleLanguage(): void;
}

export function putOnStage(screen: HTMLElement): void {
  byId('stage').replaceChildren(screen);
}

export function languageButton(stage: Stage): HTMLButtonElement {
  const other = stage.locale === 'en' ? 'ru' : 'en';
  const button = element('button', { type: 'button', class: 'language', lang: other }, stage.texts.language);
  button.addEventListener('click', (event) => {
    event.stopPropagation();
    stage.toggleLanguage();
  });
  return button;
}
