#include "server/handlers/decision_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/decision/record_view.h"
#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

// How often a person is read again who became another one while being answered.
constexpr int kMaxReadings = 64;

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

absl::StatusOr<OfferQuestion> DecisionHandler::Check(const v1::GetOffersRequest& request) const {
  absl::StatusOr<OfferRequest> offer_request = ToOfferRequest(request);
  if (!offer_request.ok()) return offer_request.status();
  if (request.record_in_full() && (request.explain() || request.has_as_of())) {
    return absl::InvalidArgumentError("record_in_full: with explain or as_of nothing is recorded; leave it out");
  }
  absl::StatusOr<absl::Time> asked = DecideTime(request, *clock_, replay_enabled_);
  if (!asked.ok()) return asked.status();
  // Answers for another moment or to people who ask why are not shown to customers.
  const bool is_recorded = !request.has_as_of() && !request.explain();
  // Times are kept in whole microseconds: a decision that is computed again must see the same.
  return OfferQuestion{*std::move(offer_request), absl::FromUnixMicros(absl::ToUnixMicros(*asked)), catalog_->Pin(),
                       is_recorded};
}

absl::Status DecisionHandler::Read(const v1::GetOffersRequest& request, const OfferQuestion& question, bool may_wait,
                                   PersonRead* person) const {
  const ProfileReader* const profiles = may_wait ? store_ : &store_->memory();
  return ReadPerson({profiles, &decider_->ledger(), may_wait}, request.has_customer() ? &request.customer() : nullptr,
                    question.now, question.catalog->words.Has(Slot::kIdentities), person);
}

void DecisionHandler::Answer(const v1::GetOffersRequest& request, const OfferQuestion& question, v1::TierReason trouble,
                             PersonRead* person, v1::GetOffersResponse* response) const {
  static_assert(static_cast<int>(OfferKind::kInformation) == v1::OFFER_KIND_INFORMATION);
  static_assert(static_cast<int>(Gate::kShown) == v1::GATE_SHOWN);
  const std::shared_ptr<const Population> population = population_->Pin();
  Ask ask;
  ask.request = &question.request;
  ask.catalog = question.catalog;
  ask.identified = request.has_customer();
  ask.population = population.get();
  ask.now = question.now;
  ask.zone = store_zones_->Pin()->ZoneOf(question.request.store_id, time_zone_);
  ask.is_recorded = question.is_recorded;
  ask.in_full = request.record_in_full();
  ask.sent = [&request] {
    v1::GetOffersRequest sent = request;
    sent.clear_customer();  // the record says who it turned out to be; nothing else of a person is to remain in it
    return sent.SerializeAsString();
  };
  std::optional<Decided> decided;
  for (int i = 0; !decided; ++i) {
    ask.trouble = static_cast<TierReason>(trouble);
    ask.customer_id = person->customer_id;
    ask.state = person->known ? &person->state : nullptr;
    ask.identity_types = person->identity_types;
    ask.ledger = i < kMaxReadings ? person->ledger : nullptr;
    ask.statements = person->statements;
    decided = decider_->Answer(ask);
    if (decided) break;
    if (!Read(request, question, /*may_wait=*/false, person).ok()) person->ledger = nullptr;
  }
  if (recent_ != nullptr && ask.is_recorded && !decided->repeated) {
    recent_->Count(question.now, decided->record.id.random, question.request.channel, question.request.store_id,
                   decided->offers);
  }
  FillAnswer(decided->record, *decided->catalog, ask.zone, response);
  for (const Explanation& explanation : decided->explanations) {
    FillExplanation(explanation, response->add_explanations());
  }
}

absl::Status DecisionHandler::GetOffers(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const {
  const absl::StatusOr<OfferQuestion> question = Check(request);
  if (!question.ok()) return question.status();
  PersonRead person;
  v1::TierReason trouble = v1::TIER_REASON_UNSPECIFIED;
  if (absl::Status read = Read(request, *question, /*may_wait=*/true, &person); !read.ok()) {
    if (absl::IsInvalidArgument(read)) return read;
    trouble = v1::TIER_REASON_STORE_UNAVAILABLE;
    Remember(&person);
  }
  Answer(request, *question, trouble, &person, response);
  return absl::OkStatus();
}

}  // namespace nbo::server
