// The cashier's screen.
import { MemoryShelf, Outbox, StoredShelf } from '../api/outbox';
import { Outcomes } from '../api/outcomes';
import { Articles } from '../lib/articles';
import { byId } from '../lib/dom';
import { Money } from '../lib/money';
import { readSettings } from '../lib/settings';
import { storageIfAny } from '../lib/storage';
import { fillTexts } from '../lib/words';
import { listenToKeys } from './keys';
import { KnownOffers } from './known';
import { REASONS, TEXTS } from './texts';
import { Till } from './till';
import { View } from './view';

const settings = readSettings();
const texts = TEXTS[settings.locale];
fillTexts(texts, settings.locale);
document.title = texts.title;

const articles = new Articles();
const view = new View(texts, settings, new Money(settings.locale, settings.currency));
const draw = () => view.draw(till, outbox);
const storage = storageIfAny();
const outbox: Outbox = new Outbox(storage ? new StoredShelf(storage) : new MemoryShelf(), () => draw());
const known = new KnownOffers(storage);
const till: Till = new Till(settings, articles, known, outbox, new Outcomes(outbox, settings.operatorId), () => draw());

const field = byId<HTMLInputElement>('code');
const help = byId<HTMLDialogElement>('help');
listenToKeys({ till, field, help, say: (message) => view.say(message), words: texts });

// Each key has a button beside it, for tills with a touch screen. The field keeps the focus: the scanner types into it.
const press = (id: string, name: string) =>
  byId(id).addEventListener('click', () => {
    document.dispatchEvent(new KeyboardEvent('keydown', { key: name }));
    if (!help.open) field.focus();
  });
for (const [id, name] of [
  ['said', 'F4'],
  ['yes', 'F6'],
  ['no', 'F8'],
  ['key-card', 'F2'],
  ['key-help', 'F1'],
  ['key-receipt', 'F9'],
] as const) {
  press(id, name);
}
REASONS.forEach((_, i) => press(`reason-${i}`, String(i + 1)));
help.addEventListener('close', () => field.focus());

draw();
field.focus();
void articles.load();
void outbox.flush();
