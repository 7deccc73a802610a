#include "server/decision/recording.h"

#include "core/base/civil.h"
#include "core/base/hash.h"
#include "core/budget/budget.h"

namespace nbo::server {
namespace {

RecordedOffer ToRecorded(const RankedOffer& ranked, const Catalog& catalog, const absl::TimeZone& zone) {
  const Offer& offer = *ranked.offer;
  RecordedOffer recorded;
  recorded.position = static_cast<int32_t>(ranked.offer - catalog.offers.data());
  recorded.offer = offer.key;
  recorded.group = offer.group_key;
  recorded.placement = ranked.placement;
  recorded.treatment = static_cast<int16_t>(ranked.treatment - offer.treatments.data());
  recorded.score = ranked.score;
  recorded.propensity = ranked.propensity;
  recorded.cost_minor = ranked.cost_minor;
  recorded.personal = !offer.is_default;
  recorded.has_budget = ranked.has_budget && recorded.personal;
  recorded.attribution_days = static_cast<int16_t>(ranked.attribution_days);
  recorded.supplier_share = ShareMillionths(offer.terms.supplier_share);
  if (offer.to_day != INT32_MAX) recorded.end_us = absl::ToUnixMicros(StartOfDay(offer.to_day + 1, zone));
  return recorded;
}

// Where nothing personal was given on purpose, that is the reason, whatever else was amiss.
TierReason ReasonOf(const Ask& ask, const Decision& decision) {
  if (decision.paused) return TierReason::kPaused;
  if (decision.global.arm == GlobalArm::kControl) return TierReason::kControlGroup;
  if (!ask.identified) return TierReason::kNoCustomer;
  if (ask.trouble != TierReason::kNone) return ask.trouble;
  return ask.state == nullptr ? TierReason::kUnknownCustomer : TierReason::kNone;
}

// With trouble, but for somebody who is known all the same: of the cached tier.
AnswerTier TierOf(const Ask& ask, TierReason reason) {
  if (reason == TierReason::kNone) return AnswerTier::kFull;
  return ask.state != nullptr && reason == ask.trouble ? AnswerTier::kCached : AnswerTier::kDefault;
}

}  // namespace

DecisionRecord ToRecord(const Ask& ask, const Decision& decision, const DecisionId& id) {
  const OfferRequest& request = *ask.request;
  const Catalog& catalog = *ask.catalog;
  DecisionRecord record;
  record.id = id;
  record.time = ask.now;
  record.customer_id = ask.customer_id;
  record.request_id = std::string(request.request_id);
  record.channel = request.channel;
  record.store_id = std::string(request.store_id);
  record.terminal_id = std::string(request.terminal_id);
  record.operator_id = std::string(request.operator_id);
  record.locale = std::string(request.locale);
  for (size_t i = 0; i < PlacementCount(request); ++i) record.placements.emplace_back(PlacementAt(request, i));
  record.catalog_version = catalog.version;
  record.state_digest = ask.state != nullptr ? StateDigest(*ask.state) : 0;
  record.reason = ReasonOf(ask, decision);
  record.tier = TierOf(ask, record.reason);
  record.candidates_count = decision.scored;
  record.global_arm = decision.global.arm;
  record.global_period = decision.global.period;
  record.arms = decision.arms;
  record.expire_time = ask.now + catalog.contacts.ReservationOf(request.channel);
  record.presumed = catalog.contacts.Presumes(request.channel);
  record.offers.reserve(decision.offers.size());
  for (const RankedOffer& offer : decision.offers) record.offers.push_back(ToRecorded(offer, catalog, ask.zone));
  for (const RankedOffer& ghost : decision.ghosts) record.ghosts.push_back(ToRecorded(ghost, catalog, ask.zone));
  if (decision.rfm_segment >= 0) {
    record.rfm_segment = Hash64(catalog.rfm.segments()[static_cast<size_t>(decision.rfm_segment)].id);
  }
  return record;
}

}  // namespace nbo::server
