import type { GetOffersResponse, RankedOffer } from '../api/messages';

// The offers for everybody as the server gave them last: what a till shows while the server does not answer.
export interface Known {
  offers: RankedOffer[];
  // When they were given, in milliseconds since 1970.
  time: number;
  // Whether their tokens may still be used. A token stands for one presentation, so that outcomes of one checkout only
  // can be told by it; later ones are not counted.
  countable: boolean;
}

const KEY = 'nbo.known';

export class KnownOffers {
  private known: Known | undefined;

  constructor(private readonly storage: Storage | undefined) {
    try {
      this.known = JSON.parse(storage?.getItem(KEY) ?? 'null') ?? undefined;
    } catch {
      // Cut off by a power loss.
    }
  }

  get ageMs(): number {
    return this.known ? Date.now() - this.known.time : Infinity;
  }

  get spent(): boolean {
    return !this.known?.countable;
  }

  keep(answer: GetOffersResponse): void {
    this.write({ offers: answer.offers ?? [], time: Date.now(), countable: true });
  }

  // For one checkout. Offers that are over by now are left out.
  use(): Known | undefined {
    const given = this.known;
    if (!given) return undefined;
    if (given.countable) this.write({ ...given, countable: false });
    const live = given.offers.filter((offer) => !offer.validUntil || Date.parse(offer.validUntil) > Date.now());
    return { ...given, offers: live };
  }

  private write(known: Known): void {
    this.known = known;
    try {
      this.storage?.setItem(KEY, JSON.stringify(known));
    } catch {
      // Then it lasts as long as the page does.
    }
  }
}
