#include "server/decision/record_view.h"

#include <algorithm>
#include <string>

#include "core/base/civil.h"
#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

void FillTreatment(const Treatment& treatment, v1::Treatment* out) {
  out->set_locale(treatment.locale);
  if (!treatment.script.empty()) out->set_script(treatment.script);
  if (!treatment.title.empty()) out->set_title(treatment.title);
  if (!treatment.body.empty()) out->set_body(treatment.body);
  if (!treatment.image_url.empty()) out->set_image_url(treatment.image_url);
  if (!treatment.price.empty()) out->set_price(treatment.price);
  if (!treatment.call_to_action.empty()) out->set_call_to_action(treatment.call_to_action);
}

void FillOffer(const RecordedOffer& recorded, const Offer& offer, const absl::TimeZone& zone, v1::RankedOffer* out) {
  out->set_offer_id(offer.id);
  out->set_kind(static_cast<v1::OfferKind>(offer.kind));
  const Treatment& treatment = offer.treatments[static_cast<size_t>(recorded.treatment)];
  FillTreatment(treatment, out->mutable_treatment());
  out->set_score(recorded.score);
  if (!treatment.reason.empty()) out->set_reason(treatment.reason);
  if (offer.to_day != INT32_MAX) FromTime(StartOfDay(offer.to_day + 1, zone), out->mutable_valid_until());
  if (!offer.coupon_code.empty()) {
    out->mutable_coupon()->set_code(offer.coupon_code);
    if (!offer.coupon_barcode.empty()) out->mutable_coupon()->set_barcode(offer.coupon_barcode);
  }
}

// The offer at a place of a catalog; nullptr: it has no such place, so it is not the catalog of that record.
const Offer* OfferAt(const Catalog* catalog, int32_t position) {
  if (catalog == nullptr || position < 0 || static_cast<size_t>(position) >= catalog->offers.size()) return nullptr;
  return &catalog->offers[static_cast<size_t>(position)];
}

std::string PlacementOf(const DecisionRecord& record, const RecordedOffer& offer) {
  const auto number = static_cast<size_t>(offer.placement);
  return number < record.placements.size() ? record.placements[number] : "";
}

void FillDecided(const DecisionRecord& record, const RecordedOffer& offer, const Catalog* catalog,
                 v1::DecidedOffer* out) {
  if (const Offer* named = OfferAt(catalog, offer.position); named != nullptr) out->set_offer_id(named->id);
  out->set_placement(PlacementOf(record, offer));
  out->set_score(offer.score);
  out->set_propensity(offer.propensity);
  out->set_cost_minor(offer.cost_minor);
  out->set_personal(offer.personal);
}

void FillArm(const ArmRecord& arm, const Catalog* catalog, v1::DecidedArm* out) {
  if (catalog == nullptr) return;
  for (const Experiment& experiment : catalog->experiments) {
    if (experiment.key() != arm.experiment) continue;
    out->set_experiment_id(experiment.id());
    for (const Variant& variant : experiment.variants()) {
      if (VariantKey(variant.id) == arm.variant) out->set_variant_id(variant.id);
    }
  }
}

}  // namespace

void FillAnswer(const DecisionRecord& record, const Catalog& catalog, const absl::TimeZone& zone,
                v1::GetOffersResponse* response) {
  response->set_decision_id(DecisionIdText(record.id));
  response->set_catalog_version(record.catalog_version);
  response->set_tier(static_cast<v1::AnswerTier>(record.tier));
  response->set_tier_reason(static_cast<v1::TierReason>(record.reason));
  if (!record.customer_id.empty()) response->set_customer_id(record.customer_id);
  if (!record.request_id.empty()) response->set_request_id(record.request_id);
  FromTime(record.time, response->mutable_decide_time());
  int rank = 0;
  for (const RecordedOffer& recorded : record.offers) {
    v1::RankedOffer* out = response->add_offers();
    out->set_rank(++rank);
    if (const Offer* offer = OfferAt(&catalog, recorded.position); offer != nullptr) {
      FillOffer(recorded, *offer, zone, out);
    }
    out->set_attribution_token(AttributionTokenText({record.id, rank}));
    if (const std::string placement = PlacementOf(record, recorded); !placement.empty()) out->set_placement(placement);
  }
}

void FillDecision(const DecisionRecord& record, const Catalog* catalog, bool in_full, v1::Decision* out) {
  out->set_decision_id(DecisionIdText(record.id));
  FromTime(record.time, out->mutable_decide_time());
  out->set_customer_id(record.customer_id);
  out->set_request_id(record.request_id);
  out->set_channel(static_cast<v1::Channel>(record.channel));
  out->set_store_id(record.store_id);
  out->set_terminal_id(record.terminal_id);
  out->set_operator_id(record.operator_id);
  out->set_locale(record.locale);
  for (const std::string& placement : record.placements) out->add_placements(placement);
  out->set_catalog_version(record.catalog_version);
  out->set_state_digest(record.state_digest);
  out->set_tier(static_cast<v1::AnswerTier>(record.tier));
  out->set_tier_reason(static_cast<v1::TierReason>(record.reason));
  out->set_candidates_count(record.candidates_count);
  out->set_duration_us(record.duration_us);
  out->set_global_arm(static_cast<v1::GlobalArm>(record.global_arm));
  out->set_global_period(record.global_period);
  for (const ArmRecord& arm : record.arms) FillArm(arm, catalog, out->add_arms());
  if (record.expire_time != absl::InfinitePast()) FromTime(record.expire_time, out->mutable_expire_time());
  int rank = 0;
  for (const RecordedOffer& offer : record.offers) {
    FillDecided(record, offer, catalog, out->add_offers());
    out->mutable_offers(rank)->set_rank(rank + 1);
    ++rank;
  }
  for (const RecordedOffer& ghost : record.ghosts) FillDecided(record, ghost, catalog, out->add_ghosts());
  out->set_full(record.inputs.has_value());
  if (!in_full || !record.inputs) return;
  for (const RecordedCandidate& candidate : record.inputs->candidates) {
    v1::DecidedCandidate* filled = out->add_candidates();
    if (const Offer* offer = OfferAt(catalog, candidate.position); offer != nullptr) filled->set_offer_id(offer->id);
    filled->set_gate(static_cast<v1::Gate>(candidate.gate));
    if (candidate.score != 0) filled->set_score(candidate.score);
  }
}

void FillOutcome(const OutcomeRecord& record, v1::DecidedOutcome* out) {
  out->set_attribution_token(AttributionTokenText(record.token));
  out->set_kind(static_cast<v1::OutcomeKind>(record.outcome.kind));
  FromTime(absl::FromUnixMicros(record.outcome.time_us), out->mutable_time());
  FromTime(absl::FromUnixMicros(record.receive_us), out->mutable_receive_time());
  out->set_customer_id(record.customer_id);
  out->set_operator_id(record.operator_id);
  out->set_visible_ms(record.visible_ms);
  out->set_visible_share(record.visible_share);
  out->set_decline_reason(static_cast<v1::DeclineReason>(record.decline_reason));
  out->set_amount_minor(record.amount_minor);
}

}  // namespace nbo::server
