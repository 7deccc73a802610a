#include "server/handlers/decision_handler.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
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
               v1::RankedOffer* out) {
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
  out->set_attribution_token(absl::StrCat(decision_id, ".", rank));
}

void FillExplanation(const Explanation& explanation, v1::OfferExplanation* out) {
  out->set_offer_id(explanation.offer->id);
  out->set_gate(static_cast<v1::Gate>(explanation.gate));
  out->set_detail(explanation.detail);
  if (explanation.score) out->set_score(*explanation.score);
}

struct Tier {
  v1::AnswerTier tier;
  v1::TierReason reason;
};

// Where nothing personal was given on purpose, that is the reason, whatever else was amiss.
Tier TierOf(bool identified, bool known, v1::TierReason trouble, const Decision& decision) {
  if (decision.paused) return {v1::ANSWER_TIER_DEFAULT, v1::TIER_REASON_PAUSED};
  if (decision.global.arm == GlobalArm::kControl) return {v1::ANSWER_TIER_DEFAULT, v1::TIER_REASON_CONTROL_GROUP};
  if (!identified) return {v1::ANSWER_TIER_DEFAULT, v1::TIER_REASON_NO_CUSTOMER};
  if (trouble != v1::TIER_REASON_UNSPECIFIED) {
    return {known ? v1::ANSWER_TIER_CACHED : v1::ANSWER_TIER_DEFAULT, trouble};
  }
  if (!known) return {v1::ANSWER_TIER_DEFAULT, v1::TIER_REASON_UNKNOWN_CUSTOMER};
  return {v1::ANSWER_TIER_FULL, v1::TIER_REASON_UNSPECIFIED};
}

}  // namespace

absl::StatusOr<OfferQuestion> DecisionHandler::Check(const v1::GetOffersRequest& request) const {
  absl::StatusOr<OfferRequest> offer_request = ToOfferRequest(request);
  if (!offer_request.ok()) return offer_request.status();
  absl::StatusOr<absl::Time> asked = DecideTime(request, *clock_, replay_enabled_);
  if (!asked.ok()) return asked.status();
  return OfferQuestion{*std::move(offer_request), *asked, catalog_->Pin(),
                       switches_ != nullptr ? switches_->Pin() : nullptr};
}

absl::Status DecisionHandler::Read(const v1::GetOffersRequest& request, const OfferQuestion& question,
                                   const ProfileReader& reader, PersonRead* person) const {
  if (request.has_customer()) {
    return ReadPerson(reader, request.customer(), question.now, question.catalog->words.Has(Slot::kIdentities), person);
  }
  person->customer_id.clear();
  person->known = false;
  person->identity_types = 0;
  return absl::OkStatus();
}

void DecisionHandler::Answer(const v1::GetOffersRequest& request, const OfferQuestion& question,
                             const PersonRead& person, v1::TierReason trouble, v1::GetOffersResponse* response) const {
  static_assert(static_cast<int>(OfferKind::kInformation) == v1::OFFER_KIND_INFORMATION);
  static_assert(static_cast<int>(Gate::kShown) == v1::GATE_SHOWN);
  const Catalog& catalog = *question.catalog;
  const absl::Time now = question.now;
  Deployment here = deployment_;
  here.time_zone = store_zones_->Pin()->ZoneOf(question.request.store_id, deployment_.time_zone);
  const std::shared_ptr<const Population> population = population_->Pin();
  const Person about{person.known ? &person.state : nullptr, population.get(), person.identity_types,
                     person.customer_id};
  const Decision decision = Decide(catalog, about, question.request, now, here, question.switches.get());
  const uint64_t random = randomness_->Bits64();
  // Answers for another moment or to people who ask why are not shown to customers.
  if (recent_ != nullptr && !request.has_as_of() && !request.explain()) {
    recent_->Count(now, random, question.request.channel, question.request.store_id, decision.offers);
  }

  const std::string decision_id = MakeDecisionId(now, random);
  response->set_decision_id(decision_id);
  if (!person.customer_id.empty()) response->set_customer_id(person.customer_id);
  if (!request.request_id().empty()) response->set_request_id(request.request_id());
  response->set_catalog_version(catalog.version);
  const Tier tier = TierOf(request.has_customer(), person.known, trouble, decision);
  response->set_tier(tier.tier);
  response->set_tier_reason(tier.reason);
  FromTime(now, response->mutable_decide_time());
  int rank = 0;
  for (const RankedOffer& ranked : decision.offers) {
    FillOffer(ranked, ++rank, decision_id, here, response->add_offers());
  }
  for (const Explanation& explanation : decision.explanations) {
    FillExplanation(explanation, response->add_explanations());
  }
}

absl::Status DecisionHandler::GetOffers(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const {
  const absl::StatusOr<OfferQuestion> question = Check(request);
  if (!question.ok()) return question.status();
  PersonRead person;
  v1::TierReason trouble = v1::TIER_REASON_UNSPECIFIED;
  if (absl::Status read = Read(request, *question, *store_, &person); !read.ok()) {
    if (absl::IsInvalidArgument(read)) return read;
    trouble = v1::TIER_REASON_STORE_UNAVAILABLE;
    FillFromLastKnown(*store_, &person);
  }
  Answer(request, *question, person, trouble, response);
  return absl::OkStatus();
}

}  // namespace nbo::server
