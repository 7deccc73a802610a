// The messages of nbo.v1 that the screens use, in protobuf's JSON mapping: fields at their default are left out, 64-bit
// integers are texts. Every field is described in proto/nbo/v1.

export type Channel = 'CHANNEL_POS' | 'CHANNEL_KIOSK' | 'CHANNEL_MOBILE_APP' | 'CHANNEL_WEB';

export type CustomerRef =
  | { customerId: string }
  | { identity: { type: 'IDENTITY_TYPE_LOYALTY_CARD' | 'IDENTITY_TYPE_PHONE'; value: string } };

export interface BasketLine {
  productId: string;
  category?: string;
  quantityMilli: string;
  amountMinor: string;
}

export interface GetOffersRequest {
  customer?: CustomerRef;
  channel: Channel;
  placement?: string;
  placements?: string[];
  storeId?: string;
  terminalId?: string;
  operatorId?: string;
  locale?: string;
  basketLines?: BasketLine[];
  maxOffers?: number;
  requestId?: string;
}

export interface Treatment {
  locale?: string;
  script?: string;
  title?: string;
  body?: string;
  imageUrl?: string;
  price?: string;
  callToAction?: string;
}

export interface RankedOffer {
  rank: number;
  offerId: string;
  kind?: string;
  treatment?: Treatment;
  reason?: string;
  validUntil?: string;
  coupon?: { code?: string; barcode?: string };
  attributionToken: string;
  placement?: string;
}

export interface GetOffersResponse {
  decisionId?: string;
  tier?: 'ANSWER_TIER_FULL' | 'ANSWER_TIER_CACHED' | 'ANSWER_TIER_DEFAULT';
  tierReason?: string;
  offers?: RankedOffer[];
  customerId?: string;
  decideTime?: string;
}

export type OutcomeKind =
  | 'OUTCOME_KIND_RENDERED'
  | 'OUTCOME_KIND_SEEN'
  | 'OUTCOME_KIND_SPOKEN'
  | 'OUTCOME_KIND_CLICKED'
  | 'OUTCOME_KIND_ACCEPTED'
  | 'OUTCOME_KIND_DECLINED'
  | 'OUTCOME_KIND_DISMISSED';

export type DeclineReason =
  | 'DECLINE_REASON_UNSPECIFIED'
  | 'DECLINE_REASON_NOT_INTERESTED'
  | 'DECLINE_REASON_TOO_EXPENSIVE'
  | 'DECLINE_REASON_HAS_IT'
  | 'DECLINE_REASON_NOT_NOW'
  | 'DECLINE_REASON_OUT_OF_STOCK'
  | 'DECLINE_REASON_OTHER';

export interface Outcome {
  attributionToken: string;
  kind: OutcomeKind;
  time: string;
  operatorId?: string;
  visibleMs?: number;
  visibleShare?: number;
  declineReason?: DeclineReason;
}

export interface Purchase {
  customer?: CustomerRef;
  receiptId: string;
  storeId?: string;
  time: string;
  utcOffsetMinutes: number;
  channel: Channel;
  lines: BasketLine[];
  couponCodes?: string[];
}

export interface CheckoutRequest {
  open?: { checkoutId?: string; request: GetOffersRequest };
  update?: { basketLines: BasketLine[]; customer?: CustomerRef };
  close?: { purchase?: Purchase };
}

export interface CheckoutResponse {
  offers?: GetOffersResponse;
  closed?: { result?: string; customerId?: string };
}
