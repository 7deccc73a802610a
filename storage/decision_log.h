// The ledger's log on the decision journal. Private to storage/.
#ifndef NBO_STORAGE_DECISION_LOG_H_
#define NBO_STORAGE_DECISION_LOG_H_

#include <functional>
#include <optional>
#include <utility>

#include "core/ledger/journal.h"
#include "core/ledger/ports.h"

namespace nbo::storage {

class JournalDecisionLog : public DecisionLog {
 public:
  // The journal must outlive it. `on_damage`: told of what Replay passes over; empty: it passes over nothing.
  explicit JournalDecisionLog(DecisionJournal* journal, std::function<void(const JournalDamage&)> on_damage = nullptr)
      : journal_(journal), on_damage_(std::move(on_damage)) {}

  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override;
  uint64_t end() const override { return journal_->EndPosition(); }
  void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) override {
    journal_->WhenDurable(position, std::move(done));
  }
  // DATA_LOSS: it is, or may be, among what was damaged.
  absl::StatusOr<std::optional<DecisionRecord>> Find(const DecisionId& id) const override;
  absl::StatusOr<std::optional<uint64_t>> Visit(const Range& range,
                                                absl::FunctionRef<bool(const Entry& entry)> each) const override;
  // Blanks what is told before a position about customers whose erasure is told there, too. Returns how many records.
  absl::StatusOr<int64_t> BlankErased(uint64_t until);
  // DATA_LOSS, with the remedy, at the first record that is damaged or is none of the ledger's, unless there is an
  // `on_damage`.
  absl::Status Replay(uint64_t from,
                      absl::FunctionRef<bool(const LedgerEvent& event, uint64_t end)> each) const override;

 private:
  DecisionJournal* const journal_;
  const std::function<void(const JournalDamage&)> on_damage_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_DECISION_LOG_H_
