#include "storage/ledger_codec.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "nbo/storage/v1/ledger.pb.h"
#include "storage/contact_codec.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

void EncodeOffers(const std::vector<RecordedOffer>& offers, pb::DecidedOffers* out) {
  for (const RecordedOffer& offer : offers) {
    out->add_positions(static_cast<uint32_t>(offer.position));
    out->add_offers(offer.offer);
    out->add_groups(offer.group);
    out->add_placements(static_cast<uint32_t>(offer.placement));
    out->add_treatments(static_cast<uint32_t>(offer.treatment));
    out->add_scores(offer.score);
    out->add_propensities(offer.propensity);
    out->add_cost_minor(offer.cost_minor);
    out->add_personal(offer.personal);
    out->add_has_budget(offer.has_budget);
    out->add_attribution_days(static_cast<uint32_t>(offer.attribution_days));
    out->add_supplier_shares(static_cast<uint32_t>(offer.supplier_share));
    out->add_ends_us(offer.end_us == INT64_MAX ? 0 : offer.end_us);
  }
}

bool DecodeOffers(const pb::DecidedOffers& in, std::vector<RecordedOffer>* offers) {
  const int count = in.offers_size();
  if (in.positions_size() != count || in.groups_size() != count || in.placements_size() != count ||
      in.treatments_size() != count || in.scores_size() != count || in.propensities_size() != count ||
      in.cost_minor_size() != count || in.personal_size() != count || in.has_budget_size() != count ||
      in.attribution_days_size() != count || in.supplier_shares_size() != count || in.ends_us_size() != count) {
    return false;
  }
  for (int i = 0; i < count; ++i) {
    RecordedOffer offer;
    offer.position = static_cast<int32_t>(in.positions(i));
    offer.offer = in.offers(i);
    offer.group = in.groups(i);
    offer.placement = static_cast<int16_t>(in.placements(i));
    offer.treatment = static_cast<int16_t>(in.treatments(i));
    offer.score = in.scores(i);
    offer.propensity = in.propensities(i);
    offer.cost_minor = in.cost_minor(i);
    offer.personal = in.personal(i);
    offer.has_budget = in.has_budget(i);
    offer.attribution_days = static_cast<int16_t>(in.attribution_days(i));
    offer.supplier_share = static_cast<int32_t>(in.supplier_shares(i));
    offer.end_us = in.ends_us(i) == 0 ? INT64_MAX : in.ends_us(i);
    offers->push_back(offer);
  }
  return true;
}

void EncodeMoves(const std::vector<BudgetMove>& moves, google::protobuf::RepeatedPtrField<pb::BudgetMove>* out) {
  for (const BudgetMove& move : moves) {
    pb::BudgetMove* const one = out->Add();
    one->set_kind(static_cast<uint32_t>(move.kind));
    one->set_offer(move.hold.offer);
    one->set_cost_minor(move.hold.cost_minor);
    if (move.hold.end != absl::InfinitePast()) one->set_hold_end_us(absl::ToUnixMicros(move.hold.end));
    if (move.end != absl::InfinitePast()) one->set_end_us(absl::ToUnixMicros(move.end));
    one->set_actual_minor(move.actual_minor);
    one->set_supplier_minor(move.supplier_minor);
  }
}

bool DecodeMoves(const google::protobuf::RepeatedPtrField<pb::BudgetMove>& in, std::vector<BudgetMove>* moves) {
  for (const pb::BudgetMove& one : in) {
    if (one.kind() == 0 || one.kind() >= kBudgetMoveKindCount || one.cost_minor() < 0) return false;
    BudgetMove& move = moves->emplace_back();
    move.kind = static_cast<BudgetMove::Kind>(one.kind());
    move.hold = {one.offer(), one.cost_minor(), absl::InfinitePast()};
    if (one.has_hold_end_us()) move.hold.end = absl::FromUnixMicros(one.hold_end_us());
    if (one.has_end_us()) move.end = absl::FromUnixMicros(one.end_us());
    move.actual_minor = one.actual_minor();
    move.supplier_minor = one.supplier_minor();
  }
  return true;
}

void EncodeInputs(const DecisionInputs& inputs, pb::DecisionInputs* out) {
  out->set_request(inputs.request);
  out->set_state(inputs.state);
  out->set_contacts(inputs.contacts);
  out->set_rfm_cell(inputs.rfm.known() ? static_cast<uint32_t>(inputs.rfm.Cell()) + 1 : 0);
  out->set_identity_types(inputs.identity_types);
  out->set_time_zone(inputs.time_zone);
  for (const uint64_t offer : inputs.exhausted_offers) out->add_exhausted_offers(offer);
  for (const auto& [position, propensity] : inputs.propensities) {
    out->add_propensity_positions(static_cast<uint32_t>(position));
    out->add_propensities(propensity);
  }
  for (const auto& [position, propensity] : inputs.nobodys_propensities) {
    out->add_nobodys_propensity_positions(static_cast<uint32_t>(position));
    out->add_nobodys_propensities(propensity);
  }
  for (const SwitchTarget& target : inputs.paused) {
    out->add_paused_scopes(static_cast<uint32_t>(target.scope));
    out->add_paused_ids(target.id);
  }
  for (const RecordedCandidate& candidate : inputs.candidates) {
    out->add_positions(static_cast<uint32_t>(candidate.position));
    out->add_gates(static_cast<uint32_t>(candidate.gate));
    out->add_scores(candidate.score);
  }
}

bool DecodeInputs(const pb::DecisionInputs& in, DecisionInputs* inputs) {
  if (in.propensity_positions_size() != in.propensities_size() || in.gates_size() != in.positions_size() ||
      in.scores_size() != in.positions_size() || in.rfm_cell() > kRfmCells ||
      in.nobodys_propensity_positions_size() != in.nobodys_propensities_size() ||
      in.paused_scopes_size() != in.paused_ids_size()) {
    return false;
  }
  inputs->request = in.request();
  inputs->state = in.state();
  inputs->contacts = in.contacts();
  if (in.rfm_cell() > 0) inputs->rfm = RfmScores::OfCell(static_cast<int>(in.rfm_cell()) - 1);
  inputs->identity_types = static_cast<uint8_t>(in.identity_types());
  inputs->time_zone = in.time_zone();
  inputs->exhausted_offers.assign(in.exhausted_offers().begin(), in.exhausted_offers().end());
  for (int i = 0; i < in.propensities_size(); ++i) {
    inputs->propensities.emplace_back(static_cast<int32_t>(in.propensity_positions(i)), in.propensities(i));
  }
  for (int i = 0; i < in.nobodys_propensities_size(); ++i) {
    inputs->nobodys_propensities.emplace_back(static_cast<int32_t>(in.nobodys_propensity_positions(i)),
                                              in.nobodys_propensities(i));
  }
  for (int i = 0; i < in.paused_ids_size(); ++i) {
    inputs->paused.push_back({static_cast<SwitchScope>(in.paused_scopes(i)), in.paused_ids(i)});
  }
  for (int i = 0; i < in.positions_size(); ++i) {
    inputs->candidates.push_back({static_cast<int32_t>(in.positions(i)), static_cast<Gate>(in.gates(i)), in.scores(i)});
  }
  return true;
}

std::string EncodeDecision(const DecisionRecord& record) {
  pb::Decision out;
  out.set_time_us(absl::ToUnixMicros(record.time));
  out.set_customer_id(record.customer_id);
  out.set_request_id(record.request_id);
  out.set_channel(static_cast<uint32_t>(record.channel));
  out.set_store_id(record.store_id);
  out.set_terminal_id(record.terminal_id);
  out.set_operator_id(record.operator_id);
  out.set_locale(record.locale);
  for (const std::string& placement : record.placements) out.add_placements(placement);
  out.set_catalog_version(record.catalog_version);
  out.set_state_digest(record.state_digest);
  out.set_rfm_segment(record.rfm_segment);
  out.set_tier(static_cast<uint32_t>(record.tier));
  out.set_reason(static_cast<uint32_t>(record.reason));
  out.set_candidates_count(static_cast<uint32_t>(record.candidates_count));
  out.set_duration_us(record.duration_us);
  out.set_expire_time_us(absl::ToUnixMicros(record.expire_time));
  out.set_presumed(record.presumed);
  out.set_global_arm(static_cast<uint32_t>(record.global_arm));
  out.set_global_period(record.global_period);
  for (const ArmRecord& arm : record.arms) {
    out.add_experiments(arm.experiment);
    out.add_variants(arm.variant);
  }
  if (!record.offers.empty()) EncodeOffers(record.offers, out.mutable_offers());
  if (!record.ghosts.empty()) EncodeOffers(record.ghosts, out.mutable_ghosts());
  if (record.inputs) EncodeInputs(*record.inputs, out.mutable_inputs());
  EncodeMoves(record.moves, out.mutable_moves());
  return out.SerializeAsString();
}

bool DecodeDecision(const JournalKey& key, absl::string_view bytes, DecisionRecord* record) {
  pb::Decision in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || in.channel() >= kChannelCount ||
      in.experiments_size() != in.variants_size()) {
    return false;
  }
  record->id = {key.unix_ms, key.random};
  record->time = absl::FromUnixMicros(in.time_us());
  record->customer_id = in.customer_id();
  record->request_id = in.request_id();
  record->channel = static_cast<Channel>(in.channel());
  record->store_id = in.store_id();
  record->terminal_id = in.terminal_id();
  record->operator_id = in.operator_id();
  record->locale = in.locale();
  record->placements.assign(in.placements().begin(), in.placements().end());
  record->catalog_version = in.catalog_version();
  record->state_digest = in.state_digest();
  record->rfm_segment = in.rfm_segment();
  record->tier = static_cast<AnswerTier>(in.tier());
  record->reason = static_cast<TierReason>(in.reason());
  record->candidates_count = static_cast<int32_t>(in.candidates_count());
  record->duration_us = in.duration_us();
  record->expire_time = absl::FromUnixMicros(in.expire_time_us());
  record->presumed = in.presumed();
  record->global_arm = static_cast<GlobalArm>(in.global_arm());
  record->global_period = in.global_period();
  for (int i = 0; i < in.variants_size(); ++i) record->arms.push_back({in.experiments(i), in.variants(i)});
  if (!DecodeOffers(in.offers(), &record->offers) || !DecodeOffers(in.ghosts(), &record->ghosts)) return false;
  if (!DecodeMoves(in.moves(), &record->moves)) return false;
  return !in.has_inputs() || DecodeInputs(in.inputs(), &record->inputs.emplace());
}

uint32_t EffectBits(const OutcomeEffect& effect) {
  uint32_t bits = 0;
  int bit = 0;
  for (const bool is : {effect.changed, effect.first_presented, effect.first_redeemed, effect.was_reserved,
                        effect.was_taken, effect.is_taken}) {
    bits |= static_cast<uint32_t>(is) << bit++;
  }
  return bits;
}

OutcomeEffect EffectOf(uint32_t bits) {
  const auto is = [bits](int bit) { return (bits >> bit & 1) != 0; };
  return {is(0), is(1), is(2), is(3), is(4), is(5)};
}

std::string EncodeOutcome(const OutcomeRecord& record) {
  pb::Outcome out;
  const Contact& contact = record.contact;
  out.set_decision_unix_ms(record.token.decision.unix_ms);
  out.set_decision_random(record.token.decision.random);
  out.set_rank(static_cast<uint32_t>(record.token.rank));
  out.set_customer_id(record.customer_id);
  out.set_offer(contact.offer);
  out.set_group(contact.group);
  out.set_terminal(contact.terminal);
  out.set_request(contact.request);
  out.set_channel(static_cast<uint32_t>(contact.channel));
  out.set_reserve_us(contact.reserve_us);
  out.set_expire_us(contact.expire_us);
  out.set_presumed(contact.presented());
  out.set_kind(static_cast<uint32_t>(record.outcome.kind));
  out.set_time_us(record.outcome.time_us);
  out.set_receive_us(record.receive_us);
  out.set_operator_id(record.operator_id);
  out.set_visible_ms(record.visible_ms);
  out.set_visible_share(record.visible_share);
  out.set_decline_reason(record.decline_reason);
  out.set_amount_minor(record.amount_minor);
  out.set_supplier_minor(record.supplier_minor);
  out.set_has_budget(contact.has_budget);
  out.set_attribution_days(static_cast<uint32_t>(contact.attribution_days));
  out.set_cost_minor(contact.cost_minor);
  EncodeMoves(record.moves, out.mutable_moves());
  out.set_effect(EffectBits(record.effect));
  return out.SerializeAsString();
}

bool DecodeOutcome(absl::string_view bytes, OutcomeRecord* record) {
  pb::Outcome in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || in.channel() >= kChannelCount ||
      in.kind() == 0 || in.kind() >= kOutcomeKindCount || in.rank() == 0 || in.rank() > kMaxOffersPerAnswer ||
      in.attribution_days() > kMaxAttributionDays || in.cost_minor() < 0) {
    return false;
  }
  Contact& contact = record->contact;
  record->token = {{in.decision_unix_ms(), in.decision_random()}, static_cast<int>(in.rank())};
  record->customer_id = in.customer_id();
  contact.decision = record->token.decision;
  contact.rank = static_cast<uint16_t>(in.rank());
  contact.offer = in.offer();
  contact.group = in.group();
  contact.terminal = in.terminal();
  contact.request = in.request();
  contact.channel = static_cast<Channel>(in.channel());
  contact.reserve_us = in.reserve_us();
  contact.expire_us = in.expire_us();
  if (in.presumed()) contact.present_us = contact.reserve_us;
  record->outcome = {static_cast<OutcomeKind>(in.kind()), in.time_us()};
  record->receive_us = in.receive_us();
  record->operator_id = in.operator_id();
  record->visible_ms = in.visible_ms();
  record->visible_share = in.visible_share();
  record->decline_reason = in.decline_reason();
  record->amount_minor = in.amount_minor();
  record->supplier_minor = in.supplier_minor();
  contact.has_budget = in.has_budget();
  contact.attribution_days = static_cast<int16_t>(in.attribution_days());
  contact.cost_minor = in.cost_minor();
  record->effect = EffectOf(in.effect());
  return DecodeMoves(in.moves(), &record->moves);
}

void EncodePerson(const PersonLedger& ledger, pb::PersonLedger* out) {
  if (!ledger.contacts.empty()) EncodeContacts(ledger.contacts, out->mutable_contacts());
  for (const LiveAnswer& answer : ledger.answers) {
    out->add_requests(answer.request);
    out->add_decision_unix_ms(answer.decision.unix_ms);
    out->add_decision_randoms(answer.decision.random);
    out->add_expire_us(answer.expire_us);
  }
  out->set_position(ledger.position);
  out->set_merged_into(ledger.merged_into);
}

bool DecodePerson(const pb::PersonLedger& in, PersonLedger* ledger) {
  const int count = in.requests_size();
  if (in.decision_unix_ms_size() != count || in.decision_randoms_size() != count || in.expire_us_size() != count ||
      static_cast<size_t>(count) > kMaxAnswersPerCustomer) {
    return false;
  }
  if (!in.contacts().empty() && !DecodeContacts(in.contacts(), &ledger->contacts).ok()) return false;
  for (int i = 0; i < count; ++i) {
    const LiveAnswer answer{in.requests(i), {in.decision_unix_ms(i), in.decision_randoms(i)}, in.expire_us(i)};
    if (i > 0 && answer.decision < ledger->answers.back().decision) return false;
    ledger->answers.push_back(answer);
  }
  ledger->position = in.position();
  ledger->merged_into = in.merged_into();
  return true;
}

absl::StatusOr<LedgerEvent> NotReadable(uint8_t kind, const JournalKey& key) {
  return absl::DataLossError(absl::StrCat("decision journal: a record of kind ", static_cast<int>(kind), " at time ",
                                          key.unix_ms, " ms is not readable"));
}

}  // namespace

EncodedEvent EncodeEvent(const LedgerEvent& event) {
  if (const auto* decision = std::get_if<DecisionRecord>(&event)) {
    return {kDecisionKind, {decision->id.unix_ms, decision->id.random}, EncodeDecision(*decision)};
  }
  if (const auto* outcome = std::get_if<OutcomeRecord>(&event)) {
    return {kOutcomeKind, {outcome->receive_us / 1000, 0}, EncodeOutcome(*outcome)};
  }
  if (const auto* merge = std::get_if<MergeRecord>(&event)) {
    pb::Merge out;
    out.set_absorbed_id(merge->absorbed_id);
    out.set_survivor_id(merge->survivor_id);
    out.set_done(merge->done);
    EncodePerson(merge->absorbed, out.mutable_absorbed());
    return {kMergeKind, {}, out.SerializeAsString()};
  }
  pb::Erasure out;
  out.set_customer_id(std::get<ErasureRecord>(event).customer_id);
  return {kErasureKind, {}, out.SerializeAsString()};
}

absl::StatusOr<LedgerEvent> DecodeEvent(uint8_t kind, const JournalKey& key, absl::string_view bytes) {
  switch (kind) {
    case kDecisionKind: {
      DecisionRecord record;
      if (!DecodeDecision(key, bytes, &record)) break;
      return absl::StatusOr<LedgerEvent>(absl::in_place, std::move(record));
    }
    case kOutcomeKind: {
      OutcomeRecord record;
      if (!DecodeOutcome(bytes, &record)) break;
      return absl::StatusOr<LedgerEvent>(absl::in_place, std::move(record));
    }
    case kMergeKind: {
      pb::Merge in;
      if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) break;
      MergeRecord record{in.absorbed_id(), in.survivor_id(), in.done(), {}};
      if (!DecodePerson(in.absorbed(), &record.absorbed)) break;
      return absl::StatusOr<LedgerEvent>(absl::in_place, std::move(record));
    }
    case kErasureKind: {
      pb::Erasure in;
      if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) break;
      return absl::StatusOr<LedgerEvent>(absl::in_place, ErasureRecord{in.customer_id()});
    }
    default: break;
  }
  return NotReadable(kind, key);
}

std::string EncodePersonLedger(const PersonLedger& ledger) {
  pb::PersonLedger out;
  EncodePerson(ledger, &out);
  return out.SerializeAsString();
}

absl::StatusOr<PersonLedger> DecodePersonLedger(absl::string_view bytes) {
  pb::PersonLedger in;
  PersonLedger ledger;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !DecodePerson(in, &ledger)) {
    return absl::DataLossError("ledger of a customer: not readable");
  }
  return ledger;
}

}  // namespace nbo::storage
