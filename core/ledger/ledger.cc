#include "core/ledger/ledger.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/synchronization/notification.h"

namespace nbo {
namespace {

absl::Status WaitUntilDurable(uint64_t position, absl::Duration patience, DecisionLog* log) {
  struct Told {
    absl::Notification done;
    absl::Status result;
  };
  const auto told = std::make_shared<Told>();  // may be told after we have given up
  log->WhenDurable(position, [told](const absl::Status& status) {
    told->result = status;
    told->done.Notify();
  });
  if (told->done.WaitForNotificationWithTimeout(patience)) return told->result;
  return absl::UnavailableError("the disk does not answer: the decision log is not on it yet");
}

// What a decision is to be given of budgets (kReserve), or gives back (kRelease).
std::vector<BudgetHold> HoldsOf(const DecisionRecord& record, BudgetMove::Kind kind) {
  std::vector<BudgetHold> holds;
  for (const BudgetMove& move : record.moves) {
    if (move.kind == kind) holds.push_back(move.hold);
  }
  return holds;
}

// Takes the absorbed one in; whoever survives is not being merged into anybody else after all.
void Absorb(const PersonLedger& absorbed, PersonLedger* survivor) {
  AddPerson(absorbed, survivor);
  survivor->merged_into.clear();
}

// Places in the catalog of a decision's offers that are among holds[without_room].
std::vector<int32_t> PositionsOf(const DecisionRecord& record, const std::vector<BudgetHold>& holds,
                                 const std::vector<size_t>& without_room) {
  std::vector<int32_t> positions;
  for (const RecordedOffer& offer : record.offers) {
    const auto is_it = [&](size_t i) { return holds[i].offer == offer.offer; };
    if (!std::any_of(without_room.begin(), without_room.end(), is_it)) continue;
    positions.push_back(offer.position);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

}  // namespace

ContactLedger::ContactLedger(DecisionLog* log, LedgerStore* store, BudgetBook* budgets, const LedgerOptions& options)
    : log_(log),
      store_(store),
      budgets_(budgets),
      persons_per_write_(options.persons_per_write),
      persons_(store, options.max_bytes) {}

absl::Status ContactLedger::CheckRecovered() const {
  if (recovered_.load(std::memory_order_acquire)) return absl::OkStatus();
  return absl::FailedPreconditionError("contact ledger: used before it has taken in its log");
}

absl::Status ContactLedger::WithOwner(std::string* customer_id,
                                      absl::FunctionRef<absl::Status(PersonTable::Slot&)> use) {
  while (true) {
    std::string owner;
    const absl::Status used = persons_.With(*customer_id, [&](PersonTable::Slot& person) {
      owner = person.ledger()->merged_into;
      return owner.empty() ? use(person) : absl::OkStatus();
    });
    if (!used.ok() || owner.empty()) return used;
    *customer_id = std::move(owner);
  }
}

absl::StatusOr<LedgerSnapshot> ContactLedger::ReadOwner(
    absl::string_view customer_id, absl::FunctionRef<absl::StatusOr<LedgerSnapshot>(absl::string_view)> read) const {
  if (absl::Status s = CheckRecovered(); !s.ok()) return s;
  if (customer_id.empty()) return std::make_shared<const PersonLedger>();
  std::string owner;
  while (true) {
    absl::StatusOr<LedgerSnapshot> snapshot = read(customer_id);
    if (!snapshot.ok() || *snapshot == nullptr || (*snapshot)->merged_into.empty()) return snapshot;
    customer_id = owner = (*snapshot)->merged_into;
  }
}

absl::StatusOr<LedgerSnapshot> ContactLedger::Read(absl::string_view customer_id) {
  return ReadOwner(customer_id, [this](absl::string_view id) -> absl::StatusOr<LedgerSnapshot> {
    LedgerSnapshot snapshot;
    const absl::Status read = persons_.With(id, [&](PersonTable::Slot& person) {
      snapshot = person.ledger();
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    return snapshot;
  });
}

absl::StatusOr<LedgerSnapshot> ContactLedger::ReadFromMemory(absl::string_view customer_id) {
  return ReadOwner(customer_id, [this](absl::string_view id) -> absl::StatusOr<LedgerSnapshot> {
    LedgerSnapshot snapshot;
    const absl::StatusOr<bool> read = persons_.WithInMemory(id, [&](PersonTable::Slot& person) {
      snapshot = person.ledger();
      return absl::OkStatus();
    });
    if (!read.ok()) return read.status();
    return snapshot;
  });
}

absl::StatusOr<LedgerSnapshot> ContactLedger::Peek(absl::string_view customer_id) {
  return ReadOwner(customer_id, [this](absl::string_view id) { return persons_.Peek(id); });
}

absl::StatusOr<ContactLedger::Committed> ContactLedger::CommitDecision(const LedgerSnapshot& seen,
                                                                       DecisionRecord record) {
  if (absl::Status s = CheckRecovered(); !s.ok()) return s;
  record.moves.clear();
  if (record.customer_id.empty()) return WriteDecision(std::move(record));
  auto after = std::make_shared<PersonLedger>(*seen);  // outside the lock
  AddDecision(record, after.get());
  record.moves = MovesBetween(seen->contacts, after->contacts, 0, 0);
  LedgerEvent event(std::move(record));
  Committed committed;
  const absl::Status done =
      WithOwner(&std::get<DecisionRecord>(event).customer_id, [&](PersonTable::Slot& person) -> absl::Status {
        if (person.ledger() != seen) return absl::OkStatus();
        absl::StatusOr<Committed> written = WriteDecision(event);
        if (!written.ok()) return written.status();
        committed = *std::move(written);
        if (committed.result == Commit::kDone) person.Put(std::move(after), committed.position);
        return absl::OkStatus();
      });
  if (!done.ok()) return done;
  return committed;
}

absl::StatusOr<ContactLedger::Committed> ContactLedger::WriteDecision(const LedgerEvent& event) {
  const auto& record = std::get<DecisionRecord>(event);
  Committed committed;
  committed.result = Commit::kDone;
  const std::vector<BudgetHold> holds = HoldsOf(record, BudgetMove::Kind::kReserve);
  std::optional<absl::ReaderMutexLock> barrier;
  if (!record.moves.empty()) barrier.emplace(&budget_barrier_);
  std::vector<size_t> without_room;
  if (!holds.empty()) {
    without_room = budgets_->TryReserve(holds, record.time, HoldsOf(record, BudgetMove::Kind::kRelease));
  }
  if (!without_room.empty()) {
    committed.result = Commit::kExhausted;
    committed.exhausted = PositionsOf(record, holds, without_room);
    return committed;
  }
  const absl::StatusOr<uint64_t> position = log_->Append(event);
  if (!position.ok()) {
    for (const BudgetHold& hold : holds) budgets_->Release(hold);
    return position.status();
  }
  for (const BudgetMove& move : record.moves) {
    if (move.kind != BudgetMove::Kind::kReserve) Apply(move, budgets_);
  }
  committed.position = *position;
  return committed;
}

absl::StatusOr<ContactLedger::Recorded> ContactLedger::RecordOutcome(const LedgerSnapshot& seen, OutcomeRecord record) {
  if (absl::Status s = CheckRecovered(); !s.ok()) return s;
  Recorded recorded;
  auto after = std::make_shared<PersonLedger>(*seen);  // outside the lock
  if (!record.customer_id.empty()) {
    recorded.effect = after->contacts.Record(record.contact, record.outcome, absl::FromUnixMicros(record.receive_us));
  }
  if (!recorded.effect.changed) {
    recorded.result = Commit::kDone;
    recorded.position = log_->end();  // what it repeats may be on its way to the disk
    return recorded;
  }
  record.moves = MovesBetween(seen->contacts, after->contacts, record.amount_minor, record.supplier_minor);
  record.effect = recorded.effect;
  LedgerEvent event(std::move(record));
  const absl::Status done =
      WithOwner(&std::get<OutcomeRecord>(event).customer_id, [&](PersonTable::Slot& person) -> absl::Status {
        if (person.ledger() != seen) return absl::OkStatus();
        const absl::StatusOr<uint64_t> position = WriteOutcome(event);
        if (!position.ok()) return position.status();
        recorded.result = Commit::kDone;
        recorded.position = *position;
        person.Put(std::move(after), *position);
        return absl::OkStatus();
      });
  if (!done.ok()) return done;
  if (recorded.result == Commit::kOvertaken) recorded.effect = {};
  return recorded;
}

absl::StatusOr<uint64_t> ContactLedger::WriteOutcome(const LedgerEvent& event) {
  const std::vector<BudgetMove>& moves = std::get<OutcomeRecord>(event).moves;
  std::optional<absl::ReaderMutexLock> barrier;
  if (!moves.empty()) barrier.emplace(&budget_barrier_);
  absl::StatusOr<uint64_t> position = log_->Append(event);
  if (!position.ok()) return position;
  for (const BudgetMove& move : moves) Apply(move, budgets_);
  return position;
}

absl::Status ContactLedger::Merge(const std::string& absorbed_id, const std::string& survivor_id, bool done) {
  if (absl::Status s = CheckRecovered(); !s.ok()) return s;
  if (absorbed_id == survivor_id || absorbed_id.empty() || survivor_id.empty()) return absl::OkStatus();
  statements_.fetch_add(1, std::memory_order_acq_rel);
  return persons_.WithBoth(
      absorbed_id, survivor_id, [&](PersonTable::Slot& absorbed, PersonTable::Slot& survivor) -> absl::Status {
        const absl::StatusOr<uint64_t> position =
            log_->Append(MergeRecord{absorbed_id, survivor_id, done, *absorbed.ledger()});
        if (!position.ok()) return position.status();
        auto united = std::make_shared<PersonLedger>(*survivor.ledger());
        Absorb(*absorbed.ledger(), united.get());
        survivor.Put(std::move(united), *position);
        auto left = done ? std::make_shared<PersonLedger>() : std::make_shared<PersonLedger>(*absorbed.ledger());
        if (!done) left->merged_into = survivor_id;
        absorbed.Put(std::move(left), *position);
        return absl::OkStatus();
      });
}

absl::Status ContactLedger::Erase(const std::string& customer_id) {
  if (absl::Status s = CheckRecovered(); !s.ok()) return s;
  if (customer_id.empty()) return absl::OkStatus();
  statements_.fetch_add(1, std::memory_order_acq_rel);
  return persons_.With(customer_id, [&](PersonTable::Slot& person) -> absl::Status {
    const absl::StatusOr<uint64_t> position = log_->Append(ErasureRecord{customer_id});
    if (!position.ok()) return position.status();
    person.Put(std::make_shared<PersonLedger>(), *position);
    return absl::OkStatus();
  });
}

absl::Status ContactLedger::ReplayFor(const std::string& customer_id, uint64_t position,
                                      absl::FunctionRef<void(PersonLedger*)> change) {
  if (customer_id.empty()) return absl::OkStatus();  // of nobody
  return persons_.With(customer_id, [&](PersonTable::Slot& person) {
    if (position <= person.ledger()->position) return absl::OkStatus();  // it is in already
    auto after = std::make_shared<PersonLedger>(*person.ledger());
    change(after.get());
    person.Put(std::move(after), position);
    return absl::OkStatus();
  });
}

absl::Status ContactLedger::Replay(const LedgerEvent& event, uint64_t position) {
  if (const auto* decision = std::get_if<DecisionRecord>(&event)) {
    for (const BudgetMove& move : decision->moves) Apply(move, budgets_);
    return ReplayFor(decision->customer_id, position, [&](PersonLedger* ledger) { AddDecision(*decision, ledger); });
  }
  if (const auto* outcome = std::get_if<OutcomeRecord>(&event)) {
    for (const BudgetMove& move : outcome->moves) Apply(move, budgets_);
    return ReplayFor(outcome->customer_id, position, [&](PersonLedger* ledger) {
      ledger->contacts.Record(outcome->contact, outcome->outcome, absl::FromUnixMicros(outcome->receive_us));
    });
  }
  if (const auto* merge = std::get_if<MergeRecord>(&event)) {
    const absl::Status survivor =
        ReplayFor(merge->survivor_id, position, [&](PersonLedger* ledger) { Absorb(merge->absorbed, ledger); });
    if (!survivor.ok()) return survivor;
    return ReplayFor(merge->absorbed_id, position, [&](PersonLedger* ledger) {
      if (merge->done) *ledger = {};
      if (!merge->done) ledger->merged_into = merge->survivor_id;
    });
  }
  return ReplayFor(std::get<ErasureRecord>(event).customer_id, position, [](PersonLedger* ledger) { *ledger = {}; });
}

absl::Status ContactLedger::Recover() {
  absl::MutexLock lock(&checkpoint_mutex_);
  if (recovered_) return absl::FailedPreconditionError("contact ledger: has taken in its log already");
  const absl::StatusOr<LedgerStore::Totals> totals = store_->ReadTotals();
  if (!totals.ok()) return totals.status();
  budgets_->Restore(totals->budgets, totals->as_of);
  absl::Status taken;
  const absl::Status read = log_->Replay(totals->position, [&](const LedgerEvent& event, uint64_t end) {
    taken = Replay(event, end);
    return taken.ok();
  });
  if (!read.ok()) return read;
  if (!taken.ok()) return taken;
  kept_position_ = totals->position;
  recovered_.store(true, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status ContactLedger::Checkpoint(absl::Time now, absl::Duration patience) {
  if (absl::Status s = CheckRecovered(); !s.ok()) return s;
  absl::MutexLock one_at_a_time(&checkpoint_mutex_);
  const absl::Status kept = KeepChanged(now, patience);
  persons_.FreeMemory();
  return kept;
}

LedgerStore::Totals ContactLedger::TakeTotals(absl::Time now) {
  LedgerStore::Totals totals;
  std::vector<BudgetState> all;
  {
    absl::WriterMutexLock nobody_is_in_between(&budget_barrier_);
    totals.position = log_->end();
    totals.budgets = budgets_->TakeChanged(now);
    if (!unkept_budgets_.empty()) all = budgets_->States(now);
  }
  totals.as_of = now;
  // What was taken for a checkpoint that failed; if nothing is left of it, that is to be kept, too.
  std::vector<BudgetState>& states = totals.budgets;
  const auto is_before = [](const BudgetState& state, uint64_t offer) { return state.offer < offer; };
  for (const uint64_t offer : unkept_budgets_) {
    const auto place = std::lower_bound(states.begin(), states.end(), offer, is_before);
    if (place != states.end() && place->offer == offer) continue;
    const auto found = std::lower_bound(all.begin(), all.end(), offer, is_before);
    BudgetState nothing;
    nothing.offer = offer;
    states.insert(place, found != all.end() && found->offer == offer ? *found : std::move(nothing));
  }
  unkept_budgets_.clear();
  for (const BudgetState& state : states) unkept_budgets_.push_back(state.offer);
  return totals;
}

absl::Status ContactLedger::KeepChanged(absl::Time now, absl::Duration patience) {
  const LedgerStore::Totals totals = TakeTotals(now);
  // Whatever was written before the position is in the ledgers that are found below: both happen under one lock. What
  // was written since may be in them, too, as their positions tell.
  const std::vector<PersonTable::Changed> changed = persons_.CollectChanged();
  if (changed.empty() && totals.budgets.empty() && totals.position == kept_position_) return absl::OkStatus();
  // Nothing is kept of which the log may know nothing after a loss of power.
  if (absl::Status s = WaitUntilDurable(log_->end(), patience, log_); !s.ok()) return s;
  return Keep(changed, totals);
}

absl::Status ContactLedger::Keep(const std::vector<PersonTable::Changed>& changed, const LedgerStore::Totals& totals) {
  for (size_t begin = 0; begin == 0 || begin < changed.size(); begin += persons_per_write_) {
    const size_t end = std::min(begin + persons_per_write_, changed.size());
    std::vector<LedgerStore::Kept> kept;
    for (size_t i = begin; i < end; ++i) kept.push_back({changed[i].customer_id, changed[i].ledger.get()});
    const bool last = end == changed.size();
    if (absl::Status s = store_->Keep(kept, last ? &totals : nullptr); !s.ok()) return s;
    persons_.MarkKept(absl::MakeConstSpan(changed).subspan(begin, end - begin));
  }
  kept_position_ = totals.position;
  unkept_budgets_.clear();
  return absl::OkStatus();
}

}  // namespace nbo
