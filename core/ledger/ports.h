// The ports of the contact ledger: where persons' contacts are kept, and where everything is written down first.
#ifndef NBO_CORE_LEDGER_PORTS_H_
#define NBO_CORE_LEDGER_PORTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/budget/budget.h"
#include "core/budget/move.h"
#include "core/contact/person_contacts.h"
#include "core/decision/record.h"
#include "core/ledger/person_ledger.h"

namespace nbo {

// An outcome that was taken in, with what is told of it for reports.
struct OutcomeRecord {
  AttributionToken token;
  std::string customer_id;  // whose contacts it changed
  Contact contact;          // as it was reserved
  Outcome outcome;
  int64_t receive_us = 0;
  std::string operator_id;
  int32_t visible_ms = 0;
  double visible_share = 0;
  int32_t decline_reason = 0;     // nbo.v1.DeclineReason
  int64_t amount_minor = 0;       // of a redemption: what it cost
  int64_t supplier_minor = 0;     // the part of it that the supplier pays (PartOf)
  std::vector<BudgetMove> moves;  // what it changed of budgets; the ledger fills it in
  OutcomeEffect effect;           // what it changed of the contact; likewise

  friend bool operator==(const OutcomeRecord&, const OutcomeRecord&) = default;
};

// That a customer turned out to be another one: all contacts are the survivor's.
struct MergeRecord {
  std::string absorbed_id, survivor_id;
  bool done = false;      // the absorbed one's are forgotten
  PersonLedger absorbed;  // what was the absorbed one's: the store may have forgotten it when this is replayed

  friend bool operator==(const MergeRecord&, const MergeRecord&) = default;
};
// That a customer was erased.
struct ErasureRecord {
  std::string customer_id;

  friend bool operator==(const ErasureRecord&, const ErasureRecord&) = default;
};

using LedgerEvent = std::variant<DecisionRecord, OutcomeRecord, MergeRecord, ErasureRecord>;

// Of a decision when it was made, of an outcome when it was taken in; of others InfinitePast.
inline absl::Time TimeOf(const LedgerEvent& event) {
  if (const auto* decision = std::get_if<DecisionRecord>(&event)) return decision->time;
  const auto* outcome = std::get_if<OutcomeRecord>(&event);
  return outcome != nullptr ? absl::FromUnixMicros(outcome->receive_us) : absl::InfinitePast();
}

// An append-only log of everything that changes the ledger; also the decision log that people read. Thread-safe.
// Positions only grow. A position up to which WhenDurable has told of no error is never given again, whatever is lost,
// and no position is given that is not behind what a LedgerStore has kept.
class DecisionLog {
 public:
  virtual ~DecisionLog() = default;

  // Writes the event down and returns the position behind it: greater with each event. Once it returns, the event
  // outlives the process, and soon (WhenDurable) the power. UNAVAILABLE: nothing was written.
  virtual absl::StatusOr<uint64_t> Append(const LedgerEvent& event) = 0;
  // The position behind the last event.
  virtual uint64_t end() const = 0;
  // Calls `done` once, when everything before `position` is on disk, or with the error that prevents it; on another
  // thread, or at once.
  virtual void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) = 0;
  // nullopt: it is not known, or was dropped with age.
  virtual absl::StatusOr<std::optional<DecisionRecord>> Find(const DecisionId& id) const = 0;
  // An event as a reader sees it.
  struct Entry {
    const LedgerEvent& event;
    uint64_t position = 0;  // where it begins
    uint64_t end = 0;       // the position behind it
    absl::Time time;        // TimeOf(event)
  };
  enum class Kinds : uint8_t { kAll, kDecisions, kOutcomes };
  // Which entries are visited: those that lie within two positions, with times in [from, to). Times need not ascend
  // with positions.
  struct Range {
    uint64_t from_position = 0;
    uint64_t until_position = UINT64_MAX;
    absl::Time from = absl::InfinitePast();
    absl::Time to = absl::InfiniteFuture();
    Kinds kinds = Kinds::kAll;
    bool newest_first = false;
    // How much of the log is looked at, at most, by difference of positions; the last entry may exceed it. What other
    // kinds and times of entries cost counts, too, as far as it is not known beforehand where they are.
    uint64_t max_bytes = UINT64_MAX;
  };
  // For people and reports: what is damaged or was blanked is passed over; false: enough. Returns nullopt when the
  // range is over or `each` had enough; else max_bytes were looked at, and this is where the rest begins: from_position
  // of the next range, or until_position if the newest come first. UNAVAILABLE: a file cannot be read.
  virtual absl::StatusOr<std::optional<uint64_t>> Visit(const Range& range,
                                                        absl::FunctionRef<bool(const Entry& entry)> each) const = 0;
  // Calls `each` with all events from a position on, in order, and the position behind each; false: enough.
  virtual absl::Status Replay(uint64_t from,
                              absl::FunctionRef<bool(const LedgerEvent& event, uint64_t end)> each) const = 0;
};

// Where persons' ledgers and the budgets are kept between the times when they are needed. Thread-safe.
class LedgerStore {
 public:
  struct Kept {
    absl::string_view customer_id;
    const PersonLedger* ledger;  // empty: removed
  };
  // What is whole at a position of the log.
  struct Totals {
    uint64_t position = 0;                    // all events before it are in what is kept; 0: nothing is kept
    std::vector<BudgetState> budgets;         // by offer; in Keep those that have changed
    absl::Time as_of = absl::InfinitePast();  // holds left out were over by then at the latest

    friend bool operator==(const Totals&, const Totals&) = default;
  };
  virtual ~LedgerStore() = default;
  // Empty if nothing is kept. UNAVAILABLE, DATA_LOSS.
  virtual absl::StatusOr<PersonLedger> Read(absl::string_view customer_id) const = 0;
  // The same without waiting for a disk; nullopt: only that knows.
  virtual absl::StatusOr<std::optional<PersonLedger>> ReadFromMemory(absl::string_view customer_id) const {
    return Read(customer_id);
  }
  // Keeps persons, and with them the totals unless they are null: all or nothing, durably. Persons may have events
  // behind the position in them (PersonLedger::position), budgets not. A budget of which nothing is spent or held is
  // removed. After an error it may be kept all the same.
  virtual absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) = 0;
  // As kept last, with all budgets; not beside Keep.
  virtual absl::StatusOr<Totals> ReadTotals() const = 0;
  // Only the position.
  virtual absl::StatusOr<uint64_t> Position() const = 0;
};

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_PORTS_H_
