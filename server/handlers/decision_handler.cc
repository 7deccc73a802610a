#include "server/handlers/decision_handler.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/profile/lookup.h"
#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

// Time first, so that ids sort by it: 12 hexadecimal digits of milliseconds, 16 of randomness.
std::string MakeDecisionId(absl::Time now, uint64_t random) {
  return absl::StrCat(absl::Hex(absl::ToUnixMillis(now), absl::kZeroPad12), absl::Hex(random, absl::kZeroPad16));
}

void FillTreatment(const Treatment& treatment, v1::Treatment* out) {
  out->set_locale(treatment.locale);
  if (!treatment.script.empty()) out->set_script(treatment.script);
  if (!treatment.title.empty()) out->set_title(treatment.title);
  if (!treatment.body.empty()) out->set_body(treatment.body);
  if (!treatment.image_url.empty()) out->set_image_url(treatment.image_url);
  if (!treatment.call_to_action.empty()) out->set_call_to_action(treatment.call_to_action);
}

void FillOffer(const RankedOffer& ranked, int rank, const std::string& decision_id, const Deployment& deployment,
               const OfferRequest& request, v1::RankedOffer* out) {
  const Offer& offer = *ranked.offer;
  out->set_rank(rank);
  out->set_offer_id(offer.id);
  out->set_kind(static_cast<v1::OfferKind>(offer.kind));
  FillTreatment(*ranked.treatment, out->mutable_treatment());
  out->set_score(ranked.score);
  if (!ranked.treatment->reason.empty()) out->set_reason(ranked.treatment->reason);
  if (offer.to_day != INT32_MAX) {
    FromTime(StartOfDay(offer.to_day + 1, deployment.time_zone), out->mutable_valid_until());
  }
  if (!offer.coupon_code.empty()) {
    out->mutable_coupon()->set_code(offer.coupon_code);
    if (!offer.coupon_barcode.empty()) out->mutable_coupon()->set_barcode(offer.coupon_barcode);
  }
  const absl::string_view placement = PlacementAt(request, static_cast<size_t>(ranked.placement));
  if (!placement.empty()) out->set_placement(std::string(placement));
  out->set_attribution_token(absl::StrCat(decision_id, ".", rank));
}

void FillExplanation(const Explanation& explanation, v1::OfferExplanation* out) {
  out->set_offer_id(explanation.offer->id);
  out->set_gate(static_cast<v1::Gate>(explanation.gate));
  out->set_detail(explanation.detail);
  if (explanation.score) out->set_score(*explanation.score);
  for (const ScoreFactor& factor : explanation.factors) {
    v1::ScoreFactor* const filled = out->add_factors();
    filled->set_name(std::string(factor.name));
    filled->set_value(factor.value);
    if (factor.evidence) filled->set_evidence(*factor.evidence);
  }
}

}  // namespace

absl::Status DecisionHandler::GetOffers(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const {
  static_assert(static_cast<int>(OfferKind::kInformation) == v1::OFFER_KIND_INFORMATION);
  static_assert(static_cast<int>(Gate::kShown) == v1::GATE_SHOWN);
  absl::StatusOr<OfferRequest> offer_request = ToOfferRequest(request);
  if (!offer_request.ok()) return offer_request.status();
  absl::StatusOr<absl::Time> asked = DecideTime(request, *clock_, replay_enabled_);
  if (!asked.ok()) return asked.status();
  const absl::Time now = *asked;

  const std::shared_ptr<const Catalog> catalog = catalog_->Pin();
  const std::shared_ptr<const Switches> switches = switches_ != nullptr ? switches_->Pin() : nullptr;
  // Kept warm per thread: a decoded state reuses its memory.
  static thread_local CustomerState state;
  IdentityTypes identity_types = 0;
  v1::TierReason reason = v1::TIER_REASON_NO_CUSTOMER;
  if (request.has_customer()) {
    absl::StatusOr<std::string> customer_id = ResolveCustomer("customer", request.customer(), *store_, now);
    if (absl::IsInvalidArgument(customer_id.status())) return customer_id.status();
    absl::StatusOr<bool> found =
        customer_id.ok() ? ReadCurrentState(*store_, &*customer_id, &state) : customer_id.status();
    // Two reads or more, which only a catalog that asks for it pays.
    if (found.ok() && *found && catalog->words.Has(Slot::kIdentities)) {
      absl::StatusOr<IdentityTypes> types = LinkedIdentityTypes(*store_, *customer_id, now);
      if (!types.ok()) found = types.status();
      identity_types = types.value_or(0);
    }
    reason = !found.ok() ? v1::TIER_REASON_STORE_UNAVAILABLE
             : *found    ? v1::TIER_REASON_UNSPECIFIED
                         : v1::TIER_REASON_UNKNOWN_CUSTOMER;
    if (customer_id.ok()) response->set_customer_id(*std::move(customer_id));
  }
  const bool known = reason == v1::TIER_REASON_UNSPECIFIED;

  Deployment here = deployment_;
  here.time_zone = store_zones_->Pin()->ZoneOf(offer_request->store_id, deployment_.time_zone);
  const std::shared_ptr<const Population> population = population_->Pin();
  const Person person{known ? &state : nullptr, population.get(), identity_types, response->customer_id()};
  const Decision decision = Decide(*catalog, person, *offer_request, now, here, {.switches = switches.get()});
  const uint64_t random = randomness_->Bits64();
  // Answers for another moment or to people who ask why are not shown to customers.
  if (recent_ != nullptr && !request.has_as_of() && !request.explain()) {
    recent_->Count(now, random, offer_request->channel, offer_request->store_id, decision.offers);
  }

  const std::string decision_id = MakeDecisionId(now, random);
  response->set_decision_id(decision_id);
  if (!request.request_id().empty()) response->set_request_id(request.request_id());
  response->set_catalog_version(catalog->version);
  if (decision.paused) {
    reason = v1::TIER_REASON_PAUSED;
  } else if (decision.global.arm == GlobalArm::kControl) {
    reason = v1::TIER_REASON_CONTROL_GROUP;
  }
  response->set_tier(reason == v1::TIER_REASON_UNSPECIFIED ? v1::ANSWER_TIER_FULL : v1::ANSWER_TIER_DEFAULT);
  response->set_tier_reason(reason);
  FromTime(now, response->mutable_decide_time());
  int rank = 0;
  for (const RankedOffer& ranked : decision.offers) {
    FillOffer(ranked, ++rank, decision_id, here, *offer_request, response->add_offers());
  }
  for (const Explanation& explanation : decision.explanations) {
    FillExplanation(explanation, response->add_explanations());
  }
  return absl::OkStatus();
}

}  // namespace nbo::server
