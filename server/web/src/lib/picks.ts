// Goods that can be put into the basket by a touch: what has no code to scan, and what a demonstration needs.
export interface Pick {
  id: string;
  picture: string;
  name: { en: string; ru: string };
}

export const PICKS: Pick[] = [
  { id: '1082185', picture: 'fruit', name: { en: 'Bananas', ru: 'Бананы' } },
  { id: '995242', picture: 'milk', name: { en: 'Milk', ru: 'Молоко' } },
  { id: '840361', picture: 'eggs', name: { en: 'Eggs', ru: 'Яйца' } },
  { id: '883404', picture: 'bread', name: { en: 'Bread', ru: 'Хлеб' } },
  { id: '822646', picture: 'cereal', name: { en: 'Cereal', ru: 'Хлопья' } },
  { id: '526615', picture: 'snacks', name: { en: 'Chips', ru: 'Чипсы' } },
  { id: '825343', picture: 'meat', name: { en: 'Beef', ru: 'Говядина' } },
  { id: '847982', picture: 'salad', name: { en: 'Salad', ru: 'Салат' } },
];

export function pickPicture(pick: Pick): string {
  return `/pictures/${pick.picture}.svg`;
}
