// From a person and a request to an answer that is on record: decides with what the person was told, reserves what it
// gives, and decides again if somebody was faster.
#ifndef NBO_SERVER_DECISION_DECIDER_H_
#define NBO_SERVER_DECISION_DECIDER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/budget/gauge.h"
#include "core/catalog/catalog.h"
#include "core/decision/engine.h"
#include "core/decision/record.h"
#include "core/ledger/ledger.h"
#include "core/propensity/active.h"
#include "core/switches/active_switches.h"
#include "server/catalog/library.h"
#include "server/decision/recent_answers.h"
#include "server/decision/recording.h"

namespace nbo::server {

// The gauge of the catalog in force. One of another version knows nothing of it, which is no harm: a gauge is a hint.
// Thread-safe.
class ActiveBudgetGauge {
 public:
  void Swap(int64_t catalog_version, std::shared_ptr<const BudgetGauge> gauge) {
    current_.store(std::make_shared<const Entry>(Entry{catalog_version, std::move(gauge)}), std::memory_order_release);
  }
  // null: there is none for that version.
  std::shared_ptr<const BudgetGauge> Pin(int64_t catalog_version) const {
    const std::shared_ptr<const Entry> entry = current_.load(std::memory_order_acquire);
    return entry != nullptr && entry->version == catalog_version ? entry->gauge : nullptr;
  }

 private:
  struct Entry {
    int64_t version;
    std::shared_ptr<const BudgetGauge> gauge;
  };
  std::atomic<std::shared_ptr<const Entry>> current_;
};

struct Decided {
  std::shared_ptr<const Catalog> catalog;  // of the record
  DecisionRecord record;
  std::vector<Explanation> explanations;  // point into the catalog
  std::vector<RankedOffer> offers;        // likewise; empty if repeated
  bool repeated = false;                  // it was given before, to the same request id
};

struct DeciderOptions {
  double minor_per_major = 100;
  double full_share = 0.01;  // of decisions that are recorded in full
};

// Never waits for a disk, but for that of the log where an answer is given again. Thread-safe; all pointers must
// outlive it.
class Decider {
 public:
  // Bytes of a state, for records in full.
  using EncodeState = std::function<std::string(const CustomerState&)>;

  Decider(const DeciderOptions& options, ContactLedger* ledger, const DecisionLog* log, const CatalogLibrary* library,
          const ActiveSwitches* switches, const ActiveBudgetGauge* gauge, const ActivePropensities* propensity,
          const Clock* clock, Randomness* randomness, EncodeState encode_state)
      : options_(options),
        ledger_(ledger),
        log_(log),
        library_(library),
        switches_(switches),
        gauge_(gauge),
        propensity_(propensity),
        clock_(clock),
        randomness_(randomness),
        encode_state_(std::move(encode_state)) {}

  // nullopt: identities were linked, customers merged or erased meanwhile: find out again whom it is about. Else it
  // answers in any case: if the ledger cannot be read or written, with what anybody gets.
  std::optional<Decided> Answer(Ask ask) const;

  ContactLedger& ledger() const { return *ledger_; }

 private:
  enum class Tried { kDone, kOvertaken, kExhausted, kMoved, kFailed };

  // The answer that was given to the same request before, while it lives.
  absl::StatusOr<std::optional<Decided>> Repeat(const Ask& ask) const;
  // Commits what was decided; *exhausted is what has no budget.
  Tried Commit(const Ask& ask, const Decided& decided, ExhaustedOffers* exhausted) const;
  // Reads the ledger again after somebody was faster.
  Tried Renew(Ask* ask) const;
  Decided Decide(const Ask& ask, const ExhaustedOffers& exhausted) const;
  void AddInputs(const Ask& ask, const ExhaustedOffers& exhausted, const Switches* switches,
                 const PropensityModel* model, const Decision& decision, DecisionRecord* record) const;

  const DeciderOptions options_;
  ContactLedger* const ledger_;
  const DecisionLog* const log_;
  const CatalogLibrary* const library_;
  const ActiveSwitches* const switches_;
  const ActiveBudgetGauge* const gauge_;
  const ActivePropensities* const propensity_;
  const Clock* const clock_;
  Randomness* const randomness_;
  const EncodeState encode_state_;
  mutable RecentAnswers recent_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_DECIDER_H_
