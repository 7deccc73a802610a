// Where this screen stands. It is said in the address, as a till or kiosk is set up once:
// /pos?store=391&terminal=4&operator=anna&locale=en&currency=USD
export interface Settings {
  storeId: string | undefined;
  terminalId: string | undefined;
  operatorId: string | undefined;
  locale: Locale;
  currency: string;
}

export type Locale = 'en' | 'ru';

export function readSettings(search: string = location.search): Settings {
  const given = new URLSearchParams(search);
  const language = (given.get('locale') ?? navigator.language).toLowerCase();
  return {
    storeId: given.get('store') ?? undefined,
    terminalId: given.get('terminal') ?? undefined,
    operatorId: given.get('operator') ?? undefined,
    locale: language.startsWith('ru') ? 'ru' : 'en',
    currency: given.get('currency') ?? 'USD',
  };
}
