// The ports of the contact ledger in memory: for tests, and for whoever needs no disk.
#ifndef NBO_CORE_LEDGER_MEMORY_H_
#define NBO_CORE_LEDGER_MEMORY_H_

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "core/ledger/ports.h"

namespace nbo {

// Positions are counts of events; so many bytes has the log.
class MemoryDecisionLog : public DecisionLog {
 public:
  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override {
    absl::MutexLock lock(&mutex_);
    events_.push_back(event);
    return events_.size();
  }
  uint64_t end() const override {
    absl::MutexLock lock(&mutex_);
    return events_.size();
  }
  void WhenDurable(uint64_t, std::function<void(const absl::Status&)> done) override { done(absl::OkStatus()); }
  absl::StatusOr<std::optional<DecisionRecord>> Find(const DecisionId& id) const override {
    absl::MutexLock lock(&mutex_);
    for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
      const auto* decision = std::get_if<DecisionRecord>(&*event);
      if (decision != nullptr && decision->id == id) return std::optional<DecisionRecord>(*decision);
    }
    return std::optional<DecisionRecord>();
  }
  absl::StatusOr<std::optional<uint64_t>> Visit(const Range& range,
                                                absl::FunctionRef<bool(const Entry& entry)> each) const override {
    uint64_t begin = range.from_position, end = std::min(this->end(), range.until_position);
    for (uint64_t looked_at = 0; begin < end; ++looked_at) {
      if (looked_at >= range.max_bytes) return range.newest_first ? end : begin;
      const uint64_t at = range.newest_first ? --end : begin++;
      const LedgerEvent event = At(at);
      const absl::Time time = TimeOf(event);
      const bool wanted = time >= range.from && time < range.to && IsOf(range.kinds, event);
      if (wanted && !each({event, at, at + 1, time})) break;
    }
    return std::nullopt;
  }
  absl::Status Replay(uint64_t from,
                      absl::FunctionRef<bool(const LedgerEvent& event, uint64_t end)> each) const override {
    const uint64_t until = end();
    for (uint64_t i = from; i < until; ++i) {
      if (!each(At(i), i + 1)) break;
    }
    return absl::OkStatus();
  }

 private:
  static bool IsOf(Kinds kinds, const LedgerEvent& event) {
    if (kinds == Kinds::kAll) return true;
    return kinds == Kinds::kDecisions ? std::holds_alternative<DecisionRecord>(event)
                                      : std::holds_alternative<OutcomeRecord>(event);
  }
  LedgerEvent At(uint64_t i) const {
    absl::MutexLock lock(&mutex_);
    return events_[i];
  }

  mutable absl::Mutex mutex_;
  std::vector<LedgerEvent> events_ ABSL_GUARDED_BY(mutex_);
};

class MemoryLedgerStore : public LedgerStore {
 public:
  MemoryLedgerStore() = default;
  // As it is at this moment.
  MemoryLedgerStore(const MemoryLedgerStore& other) {
    absl::MutexLock lock(&other.mutex_);
    persons_ = other.persons_;
    totals_ = other.totals_;
  }

  absl::StatusOr<PersonLedger> Read(absl::string_view customer_id) const override {
    absl::MutexLock lock(&mutex_);
    const auto it = persons_.find(customer_id);
    return it == persons_.end() ? PersonLedger() : it->second;
  }
  absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) override {
    absl::MutexLock lock(&mutex_);
    for (const Kept& kept : persons) {
      if (kept.ledger->empty()) {
        persons_.erase(kept.customer_id);
      } else {
        persons_[std::string(kept.customer_id)] = *kept.ledger;
      }
    }
    if (totals != nullptr) KeepTotals(*totals);
    return absl::OkStatus();
  }
  absl::StatusOr<Totals> ReadTotals() const override {
    absl::MutexLock lock(&mutex_);
    return totals_;
  }
  absl::StatusOr<uint64_t> Position() const override {
    absl::MutexLock lock(&mutex_);
    return totals_.position;
  }

 private:
  void KeepTotals(const Totals& totals) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::map<uint64_t, BudgetState> budgets;
    for (const BudgetState& state : totals_.budgets) budgets[state.offer] = state;
    for (const BudgetState& state : totals.budgets) budgets[state.offer] = state;
    totals_.position = totals.position;
    totals_.as_of = std::max(totals_.as_of, totals.as_of);
    totals_.budgets.clear();
    for (const auto& [offer, state] : budgets) {
      if (state.spent_count != 0 || !state.holds.empty()) totals_.budgets.push_back(state);
    }
  }

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, PersonLedger> persons_ ABSL_GUARDED_BY(mutex_);
  Totals totals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_MEMORY_H_
