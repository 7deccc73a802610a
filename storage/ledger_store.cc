#include "storage/ledger_store.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>

#include "storage/budget_codec.h"
#include "storage/ledger_codec.h"

namespace nbo::storage {
namespace {

constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

}  // namespace

absl::StatusOr<PersonLedger> RocksLedgerStore::Read(absl::string_view customer_id) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status read = database_->db()->Get({}, database_->family(kContacts), StateKey(customer_id), &value);
  if (read.IsNotFound()) return PersonLedger();
  if (!read.ok()) return ToStatus("reading what a customer was told", read);
  return DecodePersonLedger(ToView(value));
}

absl::StatusOr<std::optional<PersonLedger>> RocksLedgerStore::ReadFromMemory(absl::string_view customer_id) const {
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kBlockCacheTier;
  rocksdb::PinnableSlice value;
  const rocksdb::Status read =
      database_->db()->Get(options, database_->family(kContacts), StateKey(customer_id), &value);
  if (read.IsNotFound()) return PersonLedger();
  if (IsKeptFromTheDisk(read, value)) return std::nullopt;
  if (!read.ok()) return ToStatus("reading what a customer was told", read);
  absl::StatusOr<PersonLedger> ledger = DecodePersonLedger(ToView(value));
  if (!ledger.ok()) return ledger.status();
  return *std::move(ledger);
}

absl::Status RocksLedgerStore::Keep(const std::vector<Kept>& persons, const Totals* totals) {
  rocksdb::WriteBatch batch;
  for (const Kept& person : persons) {
    const std::string key = StateKey(person.customer_id);
    const rocksdb::Status put = person.ledger->empty()
                                    ? batch.Delete(database_->family(kContacts), key)
                                    : batch.Put(database_->family(kContacts), key, EncodePersonLedger(*person.ledger));
    if (!put.ok()) return ToStatus("composing what customers were told", put);
  }
  if (totals != nullptr) {
    if (absl::Status s = PutTotals(*totals, &batch); !s.ok()) return s;
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  const absl::Status written = database_->Write(options, &batch);
  if (written.ok() && totals != nullptr && totals->as_of != absl::InfinitePast()) {
    database_->old_contacts().SetTime(totals->as_of);
  }
  return written;
}

absl::Status RocksLedgerStore::PutTotals(const Totals& totals, rocksdb::WriteBatch* batch) const {
  const absl::StatusOr<Totals> before = ReadMark();
  if (!before.ok()) return before.status();
  const absl::Time as_of = std::max(before->as_of, totals.as_of);
  const int64_t as_of_us = as_of == absl::InfinitePast() ? kNoTime : absl::ToUnixMicros(as_of);
  rocksdb::Status put = batch->Put(database_->family(kDefault), kLedgerKey,
                                   NumberKey(totals.position) + NumberKey(static_cast<uint64_t>(as_of_us)));
  for (const BudgetState& state : totals.budgets) {
    if (!put.ok()) break;
    const std::string key = NumberKey(state.offer);
    put = state.spent_count == 0 && state.holds.empty()
              ? batch->Delete(database_->family(kBudgets), key)
              : batch->Put(database_->family(kBudgets), key, EncodeBudget(state));
  }
  return ToStatus("composing budgets", put);
}

absl::StatusOr<LedgerStore::Totals> RocksLedgerStore::ReadMark() const {
  Totals totals;
  std::string value;
  const rocksdb::Status read = database_->db()->Get({}, database_->family(kDefault), kLedgerKey, &value);
  if (read.IsNotFound()) return totals;
  if (!read.ok()) return ToStatus("reading the ledger's position", read);
  if (value.size() != 2 * sizeof(uint64_t)) return absl::DataLossError("the ledger's position: not readable");
  totals.position = NumberOfKey(absl::string_view(value).substr(0, sizeof(uint64_t)));
  const auto as_of_us = static_cast<int64_t>(NumberOfKey(absl::string_view(value).substr(sizeof(uint64_t))));
  if (as_of_us != kNoTime) totals.as_of = absl::FromUnixMicros(as_of_us);
  return totals;
}

absl::StatusOr<LedgerStore::Totals> RocksLedgerStore::ReadTotals() const {
  absl::StatusOr<Totals> totals = ReadMark();
  if (!totals.ok()) return totals;
  const std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator({}, database_->family(kBudgets)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const uint64_t offer = NumberOfKey(ToView(it->key()));
    absl::StatusOr<BudgetState> state = DecodeBudget(offer, ToView(it->value()));
    if (!state.ok()) return state.status();
    totals->budgets.push_back(*std::move(state));
  }
  if (!it->status().ok()) return ToStatus("reading budgets", it->status());
  return totals;
}

absl::StatusOr<uint64_t> RocksLedgerStore::Position() const {
  const absl::StatusOr<Totals> mark = ReadMark();
  if (!mark.ok()) return mark.status();
  return mark->position;
}

}  // namespace nbo::storage
