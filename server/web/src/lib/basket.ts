import type { BasketLine } from '../api/messages';
import type { Article } from './articles';

export interface Line {
  article: Article;
  pieces: number;
}

export class Basket {
  readonly lines: Line[] = [];

  // Adds to the line of the article if there is one: a basket is what is in it, not how it was scanned. The line.
  add(article: Article, pieces = 1): Line {
    let line = this.lines.find((other) => other.article.id === article.id);
    if (line) line.pieces += pieces;
    else this.lines.push((line = { article, pieces }));
    return line;
  }

  // Takes one piece out, and the line with the last one.
  takeOne(line: Line): void {
    if (--line.pieces > 0) return;
    const index = this.lines.indexOf(line);
    if (index >= 0) this.lines.splice(index, 1);
  }

  get totalMinor(): number {
    return this.lines.reduce((sum, line) => sum + line.pieces * line.article.priceMinor, 0);
  }

  get pieces(): number {
    return this.lines.reduce((sum, line) => sum + line.pieces, 0);
  }

  messages(): BasketLine[] {
    return this.lines.map(({ article, pieces }) => ({
      productId: article.id,
      ...(article.category && { category: article.category }),
      quantityMilli: String(pieces * 1000),
      amountMinor: String(pieces * article.priceMinor),
    }));
  }
}
