#include "core/ledger/person_table.h"

#include <algorithm>
#include <utility>

#include "core/base/hash.h"

namespace nbo {
namespace {

constexpr size_t kPersonBytes = 160;  // a person's place in the map, and a pointer's counters

size_t BytesOf(absl::string_view customer_id) { return kPersonBytes + customer_id.size(); }
size_t BytesOf(const PersonLedger& ledger) { return sizeof(PersonLedger) + ledger.bytes(); }

}  // namespace

void PersonTable::Slot::Put(std::shared_ptr<PersonLedger> ledger, uint64_t position) {
  shard_->mutex.AssertHeld();
  ledger->position = position;
  // The store has nothing of whom nothing was known and nothing is: only what was kept need be removed there.
  const bool still_empty = ledger->empty() && person_->ledger->empty() && !person_->changed;
  shard_->bytes += BytesOf(*ledger) - BytesOf(*person_->ledger);
  person_->ledger = std::move(ledger);
  if (still_empty) return;
  if (!std::exchange(person_->changed, true)) shard_->changed.emplace(customer_id_);
}

PersonTable::Shard& PersonTable::ShardOf(absl::string_view customer_id) {
  return shards_[Hash64(customer_id) % kShards];
}

absl::Status PersonTable::With(absl::string_view customer_id, absl::FunctionRef<absl::Status(Slot&)> use) {
  const auto load = [&]() -> absl::StatusOr<std::optional<PersonLedger>> { return store_->Read(customer_id); };
  return WithLoaded(customer_id, load, use).status();
}

absl::StatusOr<bool> PersonTable::WithInMemory(absl::string_view customer_id,
                                               absl::FunctionRef<absl::Status(Slot&)> use) {
  return WithLoaded(
      customer_id, [&] { return store_->ReadFromMemory(customer_id); }, use);
}

absl::StatusOr<LedgerSnapshot> PersonTable::Peek(absl::string_view customer_id) {
  {
    Shard& shard = ShardOf(customer_id);
    absl::MutexLock lock(&shard.mutex);
    const auto it = shard.persons.find(customer_id);
    if (it != shard.persons.end()) return it->second.ledger;
  }
  // The store had all of it when the person was not in memory; whatever has come since, came during this call.
  absl::StatusOr<PersonLedger> kept = store_->Read(customer_id);
  if (!kept.ok()) return kept.status();
  return std::make_shared<const PersonLedger>(*std::move(kept));
}

absl::StatusOr<bool> PersonTable::WithLoaded(absl::string_view customer_id, Load load,
                                             absl::FunctionRef<absl::Status(Slot&)> use) {
  const auto use_it = [&](Slot& slot) -> absl::StatusOr<bool> {
    if (absl::Status s = use(slot); !s.ok()) return s;
    return true;
  };
  Shard& shard = ShardOf(customer_id);
  while (true) {
    uint64_t evictions = 0;
    {
      absl::MutexLock lock(&shard.mutex);
      const auto it = shard.persons.find(customer_id);
      if (it != shard.persons.end()) {
        it->second.used = true;
        Slot slot(customer_id, &shard, &it->second);
        return use_it(slot);
      }
      evictions = shard.evictions;
    }
    absl::StatusOr<std::optional<PersonLedger>> kept = load();
    if (!kept.ok()) return kept.status();
    if (!kept->has_value()) return false;
    absl::MutexLock lock(&shard.mutex);
    if (shard.evictions != evictions) continue;  // it may have come, changed, been kept and gone meanwhile
    const auto [it, inserted] = shard.persons.try_emplace(std::string(customer_id));
    if (inserted) {
      it->second.ledger = std::make_shared<const PersonLedger>(**std::move(kept));
      shard.bytes += BytesOf(customer_id) + BytesOf(*it->second.ledger);
    }
    it->second.used = true;
    Slot slot(customer_id, &shard, &it->second);
    return use_it(slot);
  }
}

absl::Status PersonTable::WithBoth(absl::string_view a, absl::string_view b,
                                   absl::FunctionRef<absl::Status(Slot&, Slot&)> use) {
  Shard* const shard_a = &ShardOf(a);
  Shard* const shard_b = &ShardOf(b);
  while (true) {
    for (const absl::string_view id : {a, b}) {
      const absl::Status there = With(id, [](Slot&) { return absl::OkStatus(); });
      if (!there.ok()) return there;
    }
    absl::MutexLock first(&std::min(shard_a, shard_b)->mutex);
    absl::MutexLockMaybe second(shard_a != shard_b ? &std::max(shard_a, shard_b)->mutex : nullptr);
    const auto person_a = shard_a->persons.find(a);
    const auto person_b = shard_b->persons.find(b);
    if (person_a == shard_a->persons.end() || person_b == shard_b->persons.end()) continue;  // one has just left
    Slot slot_a(a, shard_a, &person_a->second), slot_b(b, shard_b, &person_b->second);
    return use(slot_a, slot_b);
  }
}

std::vector<PersonTable::Changed> PersonTable::CollectChanged() {
  std::vector<Changed> changed;
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    for (const std::string& id : shard.changed) changed.push_back({id, shard.persons.at(id).ledger});
  }
  return changed;
}

void PersonTable::MarkKept(absl::Span<const Changed> kept) {
  for (const Changed& one : kept) {
    Shard& shard = ShardOf(one.customer_id);
    absl::MutexLock lock(&shard.mutex);
    const auto it = shard.persons.find(one.customer_id);
    if (it == shard.persons.end() || it->second.ledger != one.ledger) continue;
    it->second.changed = false;
    shard.changed.erase(one.customer_id);
  }
}

void PersonTable::FreeMemory() {
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    // The first time those who were used are only marked as not used since.
    for (int sweep = 0; sweep < 2 && shard.bytes > max_bytes_ / kShards; ++sweep) Sweep(&shard);
  }
}

void PersonTable::Sweep(Shard* shard) {
  for (auto it = shard->persons.begin(); it != shard->persons.end() && shard->bytes > max_bytes_ / kShards;) {
    Person& person = it->second;
    if (person.changed || std::exchange(person.used, false)) {
      ++it;
      continue;
    }
    ++shard->evictions;
    shard->bytes -= BytesOf(it->first) + BytesOf(*person.ledger);
    shard->persons.erase(it++);
  }
}

LedgerStats PersonTable::Stats() const {
  LedgerStats stats;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    stats.persons += shard.persons.size();
    stats.bytes += shard.bytes;
    stats.changed += shard.changed.size();
  }
  return stats;
}

}  // namespace nbo
