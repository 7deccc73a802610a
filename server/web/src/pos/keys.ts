// The keyboard of a till. A scanner is a keyboard, too: it types a code within milliseconds and ends with Enter, so keys
// that mean something by themselves are never among those that a code is made of, but for the reasons, which see.
import { REASONS } from './texts';
import type { Till } from './till';

// Digits that come faster than this, one after another, are a scanner's.
const SCANNER_MS = 60;

export interface KeyTarget {
  till: Till;
  field: HTMLInputElement;
  help: HTMLDialogElement;
  say(message: string): void;
  words: { emptyReceipt: string; giveUp: string; givenUp: string };
}

export function listenToKeys(target: KeyTarget): void {
  const { till, field, help } = target;
  let escapes = 0;
  let held: { digit: string; timer: number } | undefined;

  const actions: Record<string, () => void> = {
    F1: () => (help.open ? help.close() : help.showModal()),
    F2: () => {
      field.value = '';
      till.wantCard();
    },
    F4: () => till.say(),
    F6: () => till.accept(),
    F8: () => till.askReason(),
    F9: () => {
      // Half a code would become the beginning of the next customer's card.
      field.value = '';
      if (!till.finish()) target.say(target.words.emptyReceipt);
    },
    ArrowUp: () => till.select(-1),
    ArrowDown: () => till.select(1),
    Delete: () => till.takeOneOut(),
    Enter: () => {
      const code = field.value;
      field.value = '';
      till.take(code);
    },
    Escape: () => {
      if (till.declining) return till.cancelDecline();
      if (field.value) return void (field.value = '');
      if (!till.sale) return;
      if (++escapes < 2) return target.say(target.words.giveUp);
      escapes = 0;
      till.giveUp();
      target.say(target.words.givenUp);
    },
  };

  // While a reason is asked for, a digit is one, unless another key follows as fast as only a scanner types: then the
  // cashier went on with the goods, and the digit belongs to the code.
  const holdDigit = (digit: string) => {
    held = {
      digit,
      timer: window.setTimeout(() => {
        held = undefined;
        till.decline(REASONS[Number(digit) - 1]);
      }, SCANNER_MS),
    };
  };
  const releaseDigit = (scanned: boolean) => {
    if (!held) return;
    window.clearTimeout(held.timer);
    const { digit } = held;
    held = undefined;
    if (!scanned) return till.decline(REASONS[Number(digit) - 1]);
    field.value += digit;
    till.decline();
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (help.open && event.key !== 'F1') return;
    // A button that has the focus is pressed by its own keys.
    if (event.target instanceof HTMLButtonElement && (event.key === 'Enter' || event.key === ' ')) return;
    target.say('');
    releaseDigit(event.key.length === 1 || event.key === 'Enter');
    // In what is being keyed in, Delete deletes a character.
    const action = event.key === 'Delete' && field.value ? undefined : actions[event.key];
    if (event.key !== 'Escape') escapes = 0;
    if (action) {
      event.preventDefault();
      // A key that is held down means what it means once.
      if (!event.repeat || event.key.startsWith('Arrow')) action();
    } else if (till.declining && /^[1-6]$/.test(event.key)) {
      event.preventDefault();
      holdDigit(event.key);
    } else if (event.key.length === 1 && document.activeElement !== field) {
      // Wherever the focus was, what is typed goes into the field: the character follows this event.
      field.focus();
    }
  });
}
