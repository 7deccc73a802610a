import type { Locale } from '../lib/settings';

const en = {
  shop: 'Corner Shop',
  language: 'Русский',
  customer: 'Customer id',
  signIn: 'Sign in',
  signedIn: (customer: string) => `Signed in as ${customer}: chosen for you`,
  everybody: 'Not signed in: offers for everybody',
  unknown: (customer: string) => `${customer} is new here: offers for everybody`,
  away: 'The server does not answer. The shop goes on without offers.',
  goods: 'Fresh today',
  cart: 'Cart',
  empty: 'Nothing in it yet',
  total: 'Total',
  buy: 'Buy',
  bought: 'Thank you. For the next time:',
  close: 'Not for me',
  noThanks: 'No, thank you',
  opened: 'Saved for you',
  open: 'More',
  add: 'Add',
  pieces: (count: number) => `(${count})`,
  wire: 'On the wire',
  wireHint: 'What this page asks and tells nbod, the latest first. An app does the same.',
};

export type Texts = typeof en;

const ru: Texts = {
  shop: 'Магазин у дома',
  language: 'English',
  customer: 'Код покупателя',
  signIn: 'Войти',
  signedIn: (customer) => `Вы вошли как ${customer}: выбрано для вас`,
  everybody: 'Вход не выполнен: предложения для всех',
  unknown: (customer) => `${customer} у нас впервые: предложения для всех`,
  away: 'Сервер не отвечает. Магазин работает без предложений.',
  goods: 'Свежее сегодня',
  cart: 'Корзина',
  empty: 'Пока пусто',
  total: 'Итого',
  buy: 'Купить',
  bought: 'Спасибо. В следующий раз:',
  close: 'Не для меня',
  noThanks: 'Нет, спасибо',
  opened: 'Сохранено для вас',
  open: 'Подробнее',
  add: 'Добавить',
  pieces: (count) => `(${count})`,
  wire: 'Обмен с сервером',
  wireHint: 'Что эта страница спрашивает и сообщает nbod, последнее сверху. Приложение делает то же самое.',
};

export const TEXTS: Record<Locale, Texts> = { en, ru };
