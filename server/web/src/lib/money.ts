// Amounts are integers of minor units; how many of them make a unit is the currency's affair.
export class Money {
  private readonly format: Intl.NumberFormat;
  private readonly unit: number;

  constructor(locale: string, currency: string) {
    // Russian prices say "0,55 $" with a narrow sign; English ones "$0.55".
    this.format = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    this.unit = 10 ** (this.format.resolvedOptions().maximumFractionDigits ?? 2);
  }

  text(minor: number): string {
    return this.format.format(minor / this.unit);
  }
}
