// The ledger of a process that dies in the middle of any call: after the next start its budgets are what the log says.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/core/ledger/ledger_fixture.h"

namespace nbo {
namespace {

using Commit = ContactLedger::Commit;

constexpr size_t kOffers = 100;

// What budgets should be, from the log alone and with none of the ledger's code: who holds what is asked of each
// contact apart. Of one customer after the other, and without merges.
class Audit {
 public:
  void Take(const LedgerEvent& event) {
    if (const auto* decision = std::get_if<DecisionRecord>(&event)) Take(*decision);
    if (const auto* outcome = std::get_if<OutcomeRecord>(&event)) Take(*outcome);
  }
  std::vector<BudgetState> States(int32_t over) const {
    std::map<uint64_t, BudgetState> states;
    std::map<std::pair<uint64_t, int32_t>, std::pair<int64_t, int64_t>> held;
    for (const auto& [token, one] : held_) {
      BudgetState& state = states[one.offer];
      state.offer = one.offer;
      if (one.spent_minor) {
        ++state.spent_count;
        state.spent_minor += *one.spent_minor;
        continue;
      }
      if (one.released && !one.present_us) continue;
      int64_t end_us = one.expire_us;
      if (one.present_us) {
        constexpr int64_t kHour = 3'600'000'000;
        end_us = *one.present_us + 7 * 24 * kHour;
        end_us += (kHour - end_us % kHour) % kHour;
      }
      const auto minute = static_cast<int32_t>((end_us + 59'999'999) / 60'000'000);
      if (minute <= over) continue;
      auto& [count, minor] = held[{one.offer, minute}];
      ++count;
      minor += one.cost_minor;
    }
    for (const auto& [key, sum] : held) states[key.first].holds.push_back({key.second, sum.first, sum.second});
    std::vector<BudgetState> list;
    for (const auto& [offer, state] : states) {
      if (state.spent_count != 0 || !state.holds.empty()) list.push_back(state);
    }
    return list;
  }

 private:
  struct Held {
    std::string customer_id, terminal_id;
    uint64_t offer = 0;
    int64_t cost_minor = 0, reserve_us = 0, expire_us = 0;
    bool released = false;
    std::optional<int64_t> present_us = {}, spent_minor = {};
  };

  void Take(const DecisionRecord& decision) {
    for (auto& [token, one] : held_) {
      const bool same_place = !decision.terminal_id.empty() && one.terminal_id == decision.terminal_id;
      if (one.customer_id == decision.customer_id && same_place) one.released = true;
    }
    int rank = 0;
    for (const RecordedOffer& offer : decision.offers) {
      Held& one = held_[{decision.id, ++rank}];
      one = {decision.customer_id,
             decision.terminal_id,
             offer.offer,
             offer.cost_minor,
             absl::ToUnixMicros(decision.time),
             absl::ToUnixMicros(decision.expire_time)};
      if (decision.presumed) one.present_us = one.reserve_us;
    }
  }
  void Take(const OutcomeRecord& outcome) {
    if (outcome.outcome.kind == OutcomeKind::kDelivered) return;  // at a till it means nothing
    Held& one = held_.at({outcome.token.decision, outcome.token.rank});
    const int64_t time_us = std::max(outcome.outcome.time_us, one.reserve_us);
    one.present_us = std::min(one.present_us.value_or(time_us), time_us);
    if (outcome.outcome.kind == OutcomeKind::kRedeemed && !one.spent_minor) one.spent_minor = outcome.amount_minor;
  }

  std::map<std::pair<DecisionId, int>, Held> held_;
};

// Ports of a process that dies in the middle of a call: from then on nothing reaches them, whether or not the call did.
struct Mortal {
  std::atomic<int> calls_left{1 << 30};
  std::atomic<bool> last_call_counts{false};
  bool dead() const { return calls_left < 0; }
  // Whether a call happens; and whether whoever called is told that it did.
  std::pair<bool, bool> Call() {
    const int left = calls_left.fetch_sub(1);
    return {left > 0 || (left == 0 && last_call_counts), left > 0};
  }
};
class MortalLog : public MemoryDecisionLog {
 public:
  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override {
    const auto [happens, told] = mortal->Call();
    const auto appended = happens ? MemoryDecisionLog::Append(event) : absl::UnavailableError("dead");
    return told ? appended : absl::UnavailableError("dead");
  }
  Mortal* mortal = nullptr;
};
class MortalStore : public MemoryLedgerStore {
 public:
  absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) override {
    const auto [happens, told] = mortal->Call();
    const absl::Status kept = happens ? MemoryLedgerStore::Keep(persons, totals) : absl::UnavailableError("dead");
    return told ? kept : absl::UnavailableError("dead");
  }
  Mortal* mortal = nullptr;
};

class LedgerCrash : public ::testing::TestWithParam<uint64_t> {
 protected:
  // Everything happens to these until the process dies.
  struct Process {
    Process(MortalLog* log, MortalStore* store)
        : ledger(log, store, &book, {/*max_bytes=*/1, /*persons_per_write=*/2}) {
      log->mortal = store->mortal = &mortal;
      std::vector<OfferBudget> limits;
      for (uint64_t offer = 1; offer <= 4; ++offer) {
        limits.push_back({static_cast<size_t>(offer), offer, {kLimit, kNoLimit, kNoLimit}, 0});
      }
      book.SetLimits(kOffers, limits, kLedgerBegin);
    }
    Mortal mortal;
    BudgetBook book;
    ContactLedger ledger;
  };
  static constexpr int64_t kLimit = 25;

  absl::Time now() const { return kLedgerBegin + absl::Seconds(number_); }
  void Step(Process* process) {
    const uint64_t dice = random_() % 100;
    if (dice < 55) return Decide(process);
    if (dice < 85 && !decisions_.empty()) return Tell(process);
    process->ledger.Checkpoint(now()).IgnoreError();
  }
  void Decide(Process* process) {
    number_ += 60 * (1 + random_() % 3);
    std::vector<uint64_t> offers(1 + random_() % 3);
    for (uint64_t& offer : offers) offer = 1 + random_() % 4;
    DecisionRecord record =
        DecisionWithBudgets(number_, absl::StrCat("c", random_() % 5), offers, static_cast<int64_t>(random_() % 500));
    record.id.random = random_();
    if (random_() % 2 == 0) record.terminal_id = absl::StrCat("t", random_() % 2);
    record.presumed = random_() % 10 == 0;
    const auto seen = process->ledger.Read(record.customer_id);
    const auto done = process->ledger.CommitDecision(*seen, record);
    if (done.ok() && done->result == Commit::kDone) decisions_.push_back(record);
  }
  void Tell(Process* process) {
    const DecisionRecord& decision = decisions_[random_() % decisions_.size()];
    const int rank = 1 + static_cast<int>(random_() % decision.offers.size());
    const auto kind = static_cast<OutcomeKind>(1 + random_() % (kOutcomeKindCount - 1));
    OutcomeRecord outcome = OutcomeOf(decision, rank, kind, absl::Minutes(random_() % 30));
    outcome.amount_minor = static_cast<int64_t>(random_() % 700);
    process->ledger.RecordOutcome(*process->ledger.Read(outcome.customer_id), outcome).IgnoreError();
  }
  void ExpectAsTheLogSays(const BudgetBook& book) {
    Audit audit;
    ASSERT_TRUE(log_.Replay(0,
                            [&](const LedgerEvent& event, uint64_t) {
                              audit.Take(event);
                              return true;
                            })
                    .ok());
    EXPECT_EQ(book.States(now()), audit.States(OverMinute(now())));
  }

  MortalLog log_;
  MortalStore store_;
  std::mt19937_64 random_{GetParam()};
  // Decisions are made at whole minutes: holds are over when reservations are, not up to a minute later.
  uint64_t number_ = 100;
  std::vector<DecisionRecord> decisions_;
};

TEST_P(LedgerCrash, LosesNothingForEverAndSpendsNothingTwice) {
  SCOPED_TRACE(absl::StrCat("seed ", GetParam()));
  for (int life = 0; life < 25 && !HasFailure(); ++life) {
    Process process(&log_, &store_);
    ASSERT_TRUE(process.ledger.Recover().ok());
    ASSERT_NO_FATAL_FAILURE(ExpectAsTheLogSays(process.book)) << "life " << life;
    process.mortal.calls_left = static_cast<int>(random_() % 40);
    process.mortal.last_call_counts = random_() % 2 == 0;
    for (int step = 0; step < 60 && !process.mortal.dead(); ++step) Step(&process);
    if (process.mortal.dead()) continue;
    ASSERT_NO_FATAL_FAILURE(ExpectAsTheLogSays(process.book)) << "life " << life;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, LedgerCrash, ::testing::Range(uint64_t{1}, uint64_t{101}));

}  // namespace
}  // namespace nbo
