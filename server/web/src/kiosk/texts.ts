import type { Locale } from '../lib/settings';

const en = {
  title: 'Offers for you',
  invitation: 'Offers that fit you',
  invitationHint: 'Touch the screen, or scan your card',
  begin: 'Begin',
  language: 'Русский',

  identify: 'Who are you?',
  identifyHint: 'Scan your card, or key in its number or your telephone number, beginning with +',
  number: 'Card or telephone number',
  deleteDigit: 'Delete',
  go: 'Show my offers',
  withoutCard: 'Go on without a card',
  cancel: 'Back',

  welcome: 'Good to see you',
  welcomeBack: 'Chosen for you',
  forAll: 'Offers for everybody',
  moment: 'One moment: your offers are on their way',
  nothing: 'No more offers just now. Put something into your basket, and there may be.',
  offers: 'Offers',
  notForMe: 'Not for me',
  taken: 'Yours when you pay',
  take: 'Take it',

  basket: 'Your basket',
  empty: 'Scan your goods, or touch them here',
  quick: 'Add by touch',
  add: 'Add',
  total: 'Total',
  pay: 'Pay',
  leave: 'Leave',

  thanks: 'Thank you!',
  thanksHint: 'Have a good day.',
  goodbye: 'See you soon!',

  stillThere: 'Are you still there?',
  stillThereHint: (seconds: number) => `In ${seconds} s this screen forgets you.`,
  stay: 'Yes, go on',
};

export type Texts = typeof en;

const ru: Texts = {
  title: 'Предложения для вас',
  invitation: 'Предложения как раз для вас',
  invitationHint: 'Коснитесь экрана или считайте карту',
  begin: 'Начать',
  language: 'English',

  identify: 'Кто вы?',
  identifyHint: 'Считайте карту или наберите её номер либо телефон, начиная с +',
  number: 'Номер карты или телефона',
  deleteDigit: 'Стереть',
  go: 'Показать предложения',
  withoutCard: 'Продолжить без карты',
  cancel: 'Назад',

  welcome: 'Рады вас видеть',
  welcomeBack: 'Выбрано для вас',
  forAll: 'Предложения для всех',
  moment: 'Минуту: ваши предложения уже в пути',
  nothing: 'Пока предложений больше нет. Положите что-нибудь в корзину, и они могут появиться.',
  offers: 'Предложения',
  notForMe: 'Не для меня',
  taken: 'Ваше, когда оплатите',
  take: 'Беру',

  basket: 'Ваша корзина',
  empty: 'Считайте товары или коснитесь их здесь',
  quick: 'Добавить касанием',
  add: 'Добавить',
  total: 'Итого',
  pay: 'Оплатить',
  leave: 'Уйти',

  thanks: 'Спасибо!',
  thanksHint: 'Хорошего дня.',
  goodbye: 'До встречи!',

  stillThere: 'Вы ещё здесь?',
  stillThereHint: (seconds) => `Через ${seconds} с экран забудет вас.`,
  stay: 'Да, продолжить',
};

export const TEXTS: Record<Locale, Texts> = { en, ru };
