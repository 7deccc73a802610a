#include "core/ledger/person_ledger.h"

#include <algorithm>

#include "core/base/limits.h"

namespace nbo {
namespace {

constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;

}  // namespace

void Prune(absl::Time now, PersonLedger* ledger) {
  ledger->contacts.Prune(now);
  auto over = [now_us = absl::ToUnixMicros(now)](const LiveAnswer& answer) { return answer.expire_us <= now_us; };
  std::vector<LiveAnswer>& answers = ledger->answers;
  answers.erase(std::remove_if(answers.begin(), answers.end(), over), answers.end());
}

const LiveAnswer* PersonLedger::FindAnswer(uint64_t request, absl::Time now) const {
  for (const LiveAnswer& answer : answers) {
    if (answer.request == request) return absl::ToUnixMicros(now) < answer.expire_us ? &answer : nullptr;
  }
  return nullptr;
}

void AddAnswer(const LiveAnswer& answer, PersonLedger* ledger) {
  std::vector<LiveAnswer>& answers = ledger->answers;
  const auto same =
      std::find_if(answers.begin(), answers.end(), [&](const LiveAnswer& a) { return a.request == answer.request; });
  if (same != answers.end()) {
    if (same->decision >= answer.decision) return;
    answers.erase(same);
  }
  const auto place = std::upper_bound(answers.begin(), answers.end(), answer,
                                      [](const LiveAnswer& a, const LiveAnswer& b) { return a.decision < b.decision; });
  answers.insert(place, answer);
  if (answers.size() > kMaxAnswersPerCustomer) answers.erase(answers.begin());
}

void AddDecision(const DecisionRecord& record, PersonLedger* ledger) {
  Prune(record.time, ledger);
  const Reservation reservation = ReservationOf(record);
  ledger->contacts.Reserve(reservation, nullptr);
  if (reservation.request != 0) AddAnswer({reservation.request, record.id, reservation.expire_us}, ledger);
}

void AddPerson(const PersonLedger& other, PersonLedger* ledger) {
  ledger->contacts.Merge(other.contacts, nullptr);
  for (const LiveAnswer& answer : other.answers) AddAnswer(answer, ledger);
}

std::optional<BudgetHold> HoldOf(const Contact& contact) {
  if (!contact.has_budget || contact.redeemed()) return std::nullopt;
  if (!contact.presented()) {
    if (contact.release_us != kNever) return std::nullopt;
    return BudgetHold{contact.offer, contact.cost_minor, absl::FromUnixMicros(contact.expire_us)};
  }
  const int64_t end_us = contact.present_us + contact.attribution_days * 24 * kHourUs;
  return BudgetHold{contact.offer, contact.cost_minor,
                    absl::FromUnixMicros((end_us + kHourUs - 1) / kHourUs * kHourUs)};
}

std::vector<BudgetMove> MovesBetween(const PersonContacts& before, const PersonContacts& after, int64_t actual_minor,
                                     int64_t supplier_minor) {
  std::vector<BudgetMove> moves;
  for (const Contact& contact : after.contacts()) {
    if (!contact.has_budget) continue;
    const Contact* const old = before.Find(contact.decision, contact.rank);
    if (old != nullptr && (*old == contact || old->redeemed())) continue;
    const std::optional<BudgetHold> held = old != nullptr ? HoldOf(*old) : std::nullopt;
    const std::optional<BudgetHold> holds = HoldOf(contact);
    const BudgetHold none{contact.offer, contact.cost_minor, absl::InfinitePast()};
    if (contact.redeemed()) {
      moves.push_back(
          {BudgetMove::Kind::kSettle, held.value_or(none), absl::InfinitePast(), actual_minor, supplier_minor});
    } else if (held == holds) {
      continue;
    } else if (!holds) {
      moves.push_back({BudgetMove::Kind::kRelease, *held});
    } else if (old == nullptr) {
      moves.push_back({BudgetMove::Kind::kReserve, *holds});
    } else {
      moves.push_back({BudgetMove::Kind::kPresent, held.value_or(none), holds->end});
    }
  }
  return moves;
}

}  // namespace nbo
