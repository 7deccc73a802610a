// The price list of the till: what an article is called, costs and belongs to. nbo has none, since every till has its
// own; this one is made of the sample's products when the screens are built.
import articlesUrl from 'nbo:articles';

export interface Article {
  id: string;
  name: string;
  category: string;
  priceMinor: number;
  // Unknown articles are sold, too: the till's price list may be behind.
  known: boolean;
}

interface File {
  categories: string[];
  // Id, name, index of the category, price.
  articles: [string, string, number, number][];
}

export class Articles {
  private readonly byId = new Map<string, Article>();

  // Comes back at once; articles are known when the list has come.
  async load(): Promise<void> {
    try {
      const response = await fetch(articlesUrl);
      if (!response.ok) return;
      const file = (await response.json()) as File;
      for (const [id, name, category, priceMinor] of file.articles) {
        this.byId.set(id, { id, name, category: file.categories[category] ?? '', priceMinor, known: true });
      }
    } catch {
      // Without the list articles are sold by number.
    }
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  find(id: string): Article {
    return this.byId.get(id) ?? { id, name: id, category: '', priceMinor: 0, known: false };
  }
}
