// Learns how often offers are taken: the fold of the log of decisions and outcomes, and of time, into counts.
//
// A contact that was presented to a known person is a trial, counted once:
//   presented, by an outcome or at once by a presumed decision -> open
//   open, and answered or redeemed                             -> counted as {1 trial, 0 or 1 success}
//   open, and its attribution window is over                   -> counted as {1, 0}
//   counted, and taken only later                              -> {0, 1}; an acceptance that is taken back {0, -1}
// Taken is what was accepted or redeemed, as the latest answer says (Contact::accept_us). So what is counted in the end
// is a sum over contacts of what became of each: in whatever order its outcomes come, and whenever time is told.
// Default offers, what a control customer would have been given, and what was shown to nobody in particular count for
// nothing: no outcome will ever tell of them.
//
// Whether an outcome says something new is known from the ledger (OutcomeRecord::effect), so only open trials are held.
#ifndef NBO_CORE_PROPENSITY_LEARNER_H_
#define NBO_CORE_PROPENSITY_LEARNER_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/contact/contact.h"
#include "core/decision/decision_id.h"
#include "core/decision/record.h"
#include "core/ledger/ports.h"
#include "core/propensity/counts.h"

namespace nbo {

// Of more open trials the oldest sixteenth is counted before its windows are over; later successes still count. A trial
// takes 41 bytes in a table of 2^22 places at most: 172 MB. Measured on a busy machine: about a microsecond to take one
// in, 46 ms to look through 3.3 million of them when time is told.
inline constexpr size_t kMaxOpenTrials = 3'500'000;

// A contact by its name.
struct TrialId {
  DecisionId decision;
  uint16_t rank = 0;

  friend auto operator<=>(const TrialId&, const TrialId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const TrialId& id) {
    return H::combine(std::move(h), id.decision, id.rank);
  }
};

struct OpenTrial {
  TrialId id;
  OutcomeKey key;
  int64_t end_us = 0;  // of its attribution window

  friend bool operator==(const OpenTrial&, const OpenTrial&) = default;
};

// All that a learner knows, to be kept over a restart.
struct LearnedState {
  uint64_t position = 0;           // of the log: everything before it is in
  std::vector<OutcomeRow> counts;  // as OutcomeCounts::Rows
  std::vector<OpenTrial> open;     // ascending by id

  friend bool operator==(const LearnedState&, const LearnedState&) = default;
};

// Not thread-safe.
class PropensityLearner {
 public:
  // As DecisionLog::Find.
  using FindDecision = absl::FunctionRef<absl::StatusOr<std::optional<DecisionRecord>>(const DecisionId& id)>;

  explicit PropensityLearner(size_t max_open_trials = kMaxOpenTrials) : max_open_trials_(max_open_trials) {}
  explicit PropensityLearner(const LearnedState& state, size_t max_open_trials = kMaxOpenTrials);

  // Takes in the event of the log that ends at `end`; those up to position() are in already. Outcomes look up their
  // decisions: of one that is lost, or not kept any more, the segment is unknown. Other errors of `find` are returned;
  // the event is not taken in then, and is to be given again.
  absl::Status Take(const LedgerEvent& event, uint64_t end, FindDecision find);
  // Counts the open trials whose windows are over.
  void AdvanceTo(absl::Time now);

  uint64_t position() const { return position_; }
  const OutcomeCounts& counts() const { return counts_; }
  size_t open_trials() const { return open_.size(); }
  LearnedState State() const;

 private:
  struct Trial {
    int64_t end_us = 0;
    uint32_t key = 0;  // position in keys_
  };
  using Open = absl::flat_hash_map<TrialId, Trial>;

  void TakeDecision(const DecisionRecord& decision);
  absl::Status TakeOutcome(const OutcomeRecord& outcome, FindDecision find);
  void Begin(const TrialId& id, const OutcomeKey& key, int64_t end_us);
  void Count(const OutcomeKey& key, int64_t trials, int successes);
  // Counts, without success, all open trials that end at a time or before.
  void CloseUntil(int64_t end_us);
  void Bound();

  const size_t max_open_trials_;
  uint64_t position_ = 0;
  OutcomeCounts counts_;
  Open open_;
  int64_t first_end_us_ = kNever;  // none of open_ ends earlier
  std::vector<OutcomeKey> keys_;   // of trials, each once
  absl::flat_hash_map<OutcomeKey, uint32_t> key_positions_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROPENSITY_LEARNER_H_
