// Decisions and outcomes for tests of the ledger, written in a few words; and a ledger on ports that fail on demand.
#ifndef NBO_TESTS_CORE_LEDGER_LEDGER_FIXTURE_H_
#define NBO_TESTS_CORE_LEDGER_LEDGER_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger/ledger.h"
#include "core/ledger/memory.h"

namespace nbo {

inline const absl::Time kLedgerBegin = absl::FromUnixSeconds(1'700'000'000);

inline void PrintTo(const BudgetState& state, std::ostream* out) {
  *out << "offer " << state.offer << " spent " << state.spent_count << " of " << state.spent_minor << " held";
  for (const HeldMinute& held : state.holds) {
    *out << " " << held.count << " of " << held.minor << " until " << held.minute << ",";
  }
}

// The `number`th decision: one second after the one before, for a quarter of an hour.
inline DecisionRecord DecisionOf(uint64_t number, const std::string& customer_id, const std::vector<uint64_t>& offers,
                                 const std::string& request_id = "") {
  DecisionRecord record;
  record.time = kLedgerBegin + absl::Seconds(number);
  record.id = {absl::ToUnixMillis(record.time), number};
  record.customer_id = customer_id;
  record.request_id = request_id;
  record.channel = Channel::kPos;
  record.expire_time = record.time + absl::Minutes(15);
  for (const uint64_t offer : offers) {
    RecordedOffer recorded;
    recorded.offer = offer;
    record.offers.push_back(recorded);
  }
  return record;
}

// What became of the offer at `rank` of a decision, `after` it was made.
inline OutcomeRecord OutcomeOf(const DecisionRecord& decision, int rank, OutcomeKind kind, absl::Duration after) {
  const Reservation reservation = ReservationOf(decision);
  OutcomeRecord record;
  record.token = {decision.id, rank};
  record.customer_id = decision.customer_id;
  record.contact = ContactOf(reservation, reservation.items.at(static_cast<size_t>(rank) - 1));
  record.outcome = {kind, absl::ToUnixMicros(decision.time + after)};
  record.receive_us = record.outcome.time_us;
  return record;
}

// The same, with offers that hold `cost_minor` of their budgets and can be redeemed for a week.
inline DecisionRecord DecisionWithBudgets(uint64_t number, const std::string& customer_id,
                                          const std::vector<uint64_t>& offers, int64_t cost_minor) {
  DecisionRecord record = DecisionOf(number, customer_id, offers);
  for (RecordedOffer& offer : record.offers) {
    offer.position = static_cast<int32_t>(offer.offer) * 10;
    offer.has_budget = true;
    offer.attribution_days = 7;
    offer.cost_minor = cost_minor;
  }
  return record;
}

// Refuses to be written while told to.
class FlakyLog : public MemoryDecisionLog {
 public:
  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override {
    if (fails) return absl::UnavailableError("the disk is full");
    return MemoryDecisionLog::Append(event);
  }
  void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) override {
    durable_asked = position;
    if (fails) return done(absl::UnavailableError("the disk is full"));
    MemoryDecisionLog::WhenDurable(position, std::move(done));
  }
  std::atomic<bool> fails = false;
  std::atomic<uint64_t> durable_asked = 0;
};

// Refuses to be read or written while told to. Calls what it is told to, once: after the next read, before its answer
// is given; before the next time that something is kept.
class FlakyLedgerStore : public MemoryLedgerStore {
 public:
  absl::StatusOr<PersonLedger> Read(absl::string_view customer_id) const override {
    if (fails) return absl::UnavailableError("the disk does not answer");
    const auto read = MemoryLedgerStore::Read(customer_id);
    if (const auto call = std::exchange(after_read, nullptr)) call();
    return read;
  }
  absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) override {
    if (const auto call = std::exchange(before_keep, nullptr)) call();
    if (fails || (keeps_until_failure >= 0 && keeps_until_failure-- == 0)) {
      return absl::UnavailableError("the disk does not answer");
    }
    return MemoryLedgerStore::Keep(persons, totals);
  }
  std::atomic<bool> fails = false;
  std::atomic<int> keeps_until_failure = -1;  // negative: none fails
  mutable std::function<void()> after_read, before_keep;
};

inline constexpr size_t kRoom = 100 << 20;
inline const absl::Time kLater = kLedgerBegin + absl::Hours(24);

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() { Restart(); }

  LedgerSnapshot Seen(const std::string& customer_id) {
    const auto read = ledger_->Read(customer_id);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *read : std::make_shared<const PersonLedger>();
  }
  PersonLedger LedgerOf(const std::string& customer_id) { return *Seen(customer_id); }
  // As a server does it: reads, and commits.
  ContactLedger::Committed TryDecide(const DecisionRecord& record) {
    const auto done = ledger_->CommitDecision(Seen(record.customer_id), record);
    EXPECT_TRUE(done.ok()) << done.status();
    return done.ok() ? *done : ContactLedger::Committed();
  }
  void Decide(const DecisionRecord& record) { ASSERT_EQ(TryDecide(record).result, ContactLedger::Commit::kDone); }
  ContactLedger::Recorded Tell(const OutcomeRecord& record) {
    const auto done = ledger_->RecordOutcome(Seen(record.customer_id), record);
    EXPECT_TRUE(done.ok()) << done.status();
    return done.ok() ? *done : ContactLedger::Recorded();
  }
  // The process dies, and another one starts.
  void Restart(const LedgerOptions& options = {kRoom, 4096}) {
    ledger_.reset();
    book_ = std::make_unique<BudgetBook>();
    ledger_ = std::make_unique<ContactLedger>(&log_, &store_, book_.get(), options);
    const absl::Status recovered = ledger_->Recover();
    ASSERT_TRUE(recovered.ok()) << recovered;
  }

  FlakyLog log_;
  FlakyLedgerStore store_;
  std::unique_ptr<BudgetBook> book_;
  std::unique_ptr<ContactLedger> ledger_;
};

}  // namespace nbo

#endif  // NBO_TESTS_CORE_LEDGER_LEDGER_FIXTURE_H_
