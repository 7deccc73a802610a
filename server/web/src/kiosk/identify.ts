import { element } from '../lib/dom';
import { languageButton, type Stage } from './stage';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '0', '⌫'];

export interface IdentifyActions {
  // '': without a card.
  identified(code: string): void;
  cancel(): void;
}

// Asks who it is, by touch; a scanner types into the same field. `keyedIn`: what is in it already.
export function identify(stage: Stage, keyedIn: string, actions: IdentifyActions): void {
  const { texts } = stage;
  const field = element('input', {
    id: 'number',
    type: 'text',
    inputmode: 'none',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: 60,
    class: 'number',
  });
  field.value = keyedIn;
  const go = element('button', { type: 'submit', class: 'primary' }, texts.go);
  const pad = element('div', { class: 'pad', role: 'group', 'aria-label': texts.number });
  for (const cap of KEYS) {
    const key = element('button', { type: 'button', class: 'pad-key' }, cap);
    if (cap === '⌫') key.setAttribute('aria-label', texts.deleteDigit);
    key.addEventListener('click', () => {
      field.value = cap === '⌫' ? field.value.slice(0, -1) : field.value + cap;
    });
    pad.append(key);
  }
  const without = element('button', { type: 'button', class: 'secondary' }, texts.withoutCard);
  without.addEventListener('click', () => actions.identified(''));
  const back = element('button', { type: 'button', class: 'quiet' }, texts.cancel);
  back.addEventListener('click', actions.cancel);

  const form = element(
    'form',
    { class: 'identify-form' },
    element('label', { for: 'number', class: 'visually-hidden' }, texts.number),
    field,
    pad,
    go,
    without,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const code = field.value.trim();
    if (code) actions.identified(code);
    else field.focus();
  });
  stage.put(
    element(
      'main',
      { class: 'identify' },
      element('header', { class: 'corner' }, back, languageButton(stage)),
      element('h1', {}, texts.identify),
      element('p', { class: 'lead' }, texts.identifyHint),
      form,
    ),
  );
  field.focus();
}
