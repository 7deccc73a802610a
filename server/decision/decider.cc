#include "server/decision/decider.h"

#include <algorithm>
#include <utility>

#include "storage/contact_codec.h"

namespace nbo::server {
namespace {

// How often a decision is made again because others were faster. Each time somebody got an answer, so it takes 64 who
// ask for the same person at the same moment to come near.
constexpr int kMaxTries = 256;

// The means that the decision used where they are not the author's.
std::vector<std::pair<int32_t, double>> Learned(const Catalog& catalog, absl::Span<const double> means) {
  std::vector<std::pair<int32_t, double>> learned;
  for (size_t i = 0; i < means.size(); ++i) {
    if (means[i] != catalog.offers[i].propensity) learned.emplace_back(static_cast<int32_t>(i), means[i]);
  }
  return learned;
}

// Not another request whose id has the same hash, or that asks for something else.
bool IsRepetition(const DecisionRecord& record, const Ask& ask, bool is_customers) {
  const OfferRequest& request = *ask.request;
  bool same_places = record.placements.size() == PlacementCount(request);
  for (size_t i = 0; same_places && i < record.placements.size(); ++i) {
    same_places = record.placements[i] == PlacementAt(request, i);
  }
  return same_places && record.request_id == request.request_id && record.channel == request.channel &&
         record.store_id == request.store_id && (is_customers || record.customer_id == ask.customer_id) &&
         record.expire_time > ask.now;
}

// What was given personally may not be given again to whom nothing personal may be given by now: to somebody who was
// erased, or is in the control group after a merge. Nor what was paused since.
bool MayStillBeSaid(const DecisionRecord& record, const Catalog& catalog, const Ask& ask, const Switches* switches) {
  if (switches != nullptr && switches->RequestStopped(record.channel, record.store_id) != nullptr) return false;
  const auto is_personal = [](const RecordedOffer& offer) { return offer.personal; };
  if (std::any_of(record.offers.begin(), record.offers.end(), is_personal)) {
    const auto& control = ask.catalog->control;
    if (ask.state == nullptr) return false;
    if (control && control->ArmOf(ask.customer_id, ask.now).arm == GlobalArm::kControl) return false;
  }
  return std::all_of(record.offers.begin(), record.offers.end(), [&](const RecordedOffer& offer) {
    const auto position = static_cast<size_t>(offer.position);
    return position < catalog.offers.size() &&
           (switches == nullptr || switches->OfferStopped(catalog.offers[position]) == nullptr);
  });
}

// What the same device holds of budgets it gives back with its next answer, so these are not exhausted for it. Whether
// there is room is found out when it is reserved.
void AllowWhatIsReplaced(const Ask& ask, ExhaustedOffers* exhausted) {
  if (exhausted->empty() || ask.ledger == nullptr) return;
  const uint64_t terminal = TerminalKey(*ask.request), request = RequestKey(*ask.request);
  for (const Contact& contact : ask.ledger->contacts.contacts()) {
    if (!contact.has_budget || !contact.IsReserved(absl::ToUnixMicros(ask.now)) ||
        !TakesPlaceOf(ask.request->channel, terminal, request, contact)) {
      continue;
    }
    const auto offer = ask.catalog->contacts.positions.find(contact.offer);
    if (offer != ask.catalog->contacts.positions.end()) exhausted->Remove(static_cast<size_t>(offer->second));
  }
}

}  // namespace

void Decider::AddInputs(const Ask& ask, const ExhaustedOffers& exhausted, const Switches* switches,
                        const PropensityModel* model, const Decision& decision, DecisionRecord* record) const {
  DecisionInputs inputs;
  inputs.request = ask.sent();
  if (ask.state != nullptr) inputs.state = encode_state_(*ask.state);
  if (ask.ledger != nullptr) storage::EncodeContacts(ask.ledger->contacts, &inputs.contacts);
  inputs.rfm = decision.rfm;
  inputs.identity_types = ask.identity_types;
  inputs.time_zone = ask.zone.name();
  const Catalog& catalog = *ask.catalog;
  for (size_t i = 0; i < catalog.offers.size(); ++i) {
    if (exhausted.Has(i)) inputs.exhausted_offers.push_back(catalog.offers[i].key);
  }
  std::sort(inputs.exhausted_offers.begin(), inputs.exhausted_offers.end());
  if (switches != nullptr) {
    for (const Switch& paused : switches->paused()) inputs.paused.push_back(paused.target);
  }
  if (model != nullptr) {
    inputs.propensities = Learned(catalog, model->Means(ask.request->channel, decision.rfm_segment));
    inputs.nobodys_propensities = Learned(catalog, model->Means(ask.request->channel, kNoRfmSegment));
  }
  for (const Candidate& candidate : decision.candidates) {
    inputs.candidates.push_back({candidate.position, candidate.gate, candidate.score});
  }
  record->inputs = std::move(inputs);
}

Decided Decider::Decide(const Ask& ask, const ExhaustedOffers& exhausted) const {
  const std::shared_ptr<const Switches> switches = switches_->Pin();
  const std::shared_ptr<const PropensityModel> model = propensity_->Pin(ask.catalog->version);
  const uint64_t random = randomness_->Bits64();
  const bool in_full =
      ask.is_recorded && (ask.in_full || static_cast<double>(random >> 11) * 0x1p-53 < options_.full_share);
  OfferRequest request = *ask.request;
  request.trace = in_full;
  const Person person{ask.state, ask.population, ask.identity_types, ask.customer_id,
                      ask.ledger != nullptr ? &ask.ledger->contacts : nullptr};
  Circumstances circumstances;
  circumstances.switches = switches.get();
  circumstances.exhausted = &exhausted;
  circumstances.propensity = model.get();
  Decision decision =
      nbo::Decide(*ask.catalog, person, request, ask.now, {ask.zone, options_.minor_per_major}, circumstances);
  Decided decided;
  decided.catalog = ask.catalog;
  decided.record =
      ToRecord(ask, decision, {std::clamp<int64_t>(absl::ToUnixMillis(ask.now), 0, kMaxDecisionUnixMs), random});
  if (in_full) AddInputs(ask, exhausted, switches.get(), model.get(), decision, &decided.record);
  decided.record.duration_us = std::max<int64_t>(0, absl::ToInt64Microseconds(clock_->Now() - ask.now));
  decided.explanations = std::move(decision.explanations);
  decided.offers = std::move(decision.offers);
  return decided;
}

absl::StatusOr<std::optional<Decided>> Decider::Repeat(const Ask& ask) const {
  const uint64_t request = RequestKey(*ask.request);
  if (request == 0 || !ask.is_recorded || ask.ledger == nullptr) return std::nullopt;
  const LiveAnswer* const given = ask.ledger->FindAnswer(request, ask.now);
  const std::optional<DecisionId> found = given != nullptr ? given->decision : recent_.Find(ask.customer_id, request);
  if (!found) return std::nullopt;
  absl::StatusOr<std::optional<DecisionRecord>> record = log_->Find(*found);
  if (!record.ok()) return record.status();
  if (!record->has_value() || !IsRepetition(**record, ask, given != nullptr)) return std::nullopt;
  absl::StatusOr<std::shared_ptr<const Catalog>> catalog = library_->Get((*record)->catalog_version);
  if (absl::IsUnavailable(catalog.status())) return catalog.status();
  if (!catalog.ok() || !MayStillBeSaid(**record, **catalog, ask, switches_->Pin().get())) return std::nullopt;
  Decided decided;
  decided.catalog = *std::move(catalog);
  decided.record = **std::move(record);
  decided.repeated = true;
  return decided;
}

Decider::Tried Decider::Commit(const Ask& ask, const Decided& decided, ExhaustedOffers* exhausted) const {
  absl::StatusOr<ContactLedger::Committed> committed = ledger_->CommitDecision(ask.ledger, decided.record);
  if (absl::IsInvalidArgument(committed.status()) && decided.record.inputs) {  // too large for the log in full
    DecisionRecord compact = decided.record;
    compact.inputs.reset();
    committed = ledger_->CommitDecision(ask.ledger, std::move(compact));
  }
  if (!committed.ok()) return Tried::kFailed;
  if (committed->result == ContactLedger::Commit::kDone) {
    if (const uint64_t request = RequestKey(*ask.request); request != 0) {
      recent_.Add(ask.customer_id, request, decided.record.id);
    }
    return Tried::kDone;
  }
  if (committed->result == ContactLedger::Commit::kOvertaken) return Tried::kOvertaken;
  for (const int32_t position : committed->exhausted) exhausted->Add(static_cast<size_t>(position));
  return Tried::kExhausted;
}

Decider::Tried Decider::Renew(Ask* ask) const {
  absl::StatusOr<LedgerSnapshot> ledger = ledger_->ReadFromMemory(ask->customer_id);
  if (!ledger.ok() || *ledger == nullptr) return Tried::kFailed;
  ask->ledger = *std::move(ledger);
  // Who was faster may have been asked later: what takes the place of his answer must come after it.
  for (const Contact& contact : ask->ledger->contacts.contacts()) {
    ask->now = std::max(ask->now, absl::FromUnixMicros(contact.reserve_us + 1));
  }
  // What was merged before the ledger was read is not to be found under this id any more.
  return ledger_->statements() == ask->statements ? Tried::kDone : Tried::kMoved;
}

std::optional<Decided> Decider::Answer(Ask ask) const {
  ExhaustedOffers exhausted;
  if (const auto gauge = gauge_->Pin(ask.catalog->version); gauge != nullptr) exhausted = gauge->Read();
  AllowWhatIsReplaced(ask, &exhausted);
  for (int i = 0; i < kMaxTries && ask.ledger != nullptr; ++i) {
    absl::StatusOr<std::optional<Decided>> repeated = Repeat(ask);
    if (!repeated.ok()) break;
    if (repeated->has_value()) return **std::move(repeated);
    Decided decided = Decide(ask, exhausted);
    if (!ask.is_recorded) return decided;
    Tried tried = Commit(ask, decided, &exhausted);
    if (tried == Tried::kDone) return decided;
    if (tried == Tried::kOvertaken) {
      tried = Renew(&ask);
      AllowWhatIsReplaced(ask, &exhausted);
    }
    if (tried == Tried::kMoved) return std::nullopt;
    if (tried == Tried::kFailed) break;
  }
  // Who cannot be asked what he or she was told, or for whom nothing can be written down, is told nothing personal.
  ask.state = nullptr;
  ask.ledger = nullptr;
  if (ask.trouble == TierReason::kNone) ask.trouble = TierReason::kStoreUnavailable;
  Decided decided = Decide(ask, exhausted);
  // It goes into the log all the same, as an answer to nobody in particular, if that can be written.
  if (ask.is_recorded) {
    DecisionRecord record = decided.record;
    record.customer_id.clear();
    ledger_->CommitDecision(nullptr, std::move(record)).status().IgnoreError();
  }
  return decided;
}

}  // namespace nbo::server
