// Keeps the ledgers of persons, and budgets, in RocksDB. Private to storage/.
#ifndef NBO_STORAGE_LEDGER_STORE_H_
#define NBO_STORAGE_LEDGER_STORE_H_

#include <optional>
#include <vector>

#include "core/ledger/ports.h"
#include "storage/database.h"

namespace nbo::storage {

class RocksLedgerStore : public LedgerStore {
 public:
  // The database must outlive it.
  explicit RocksLedgerStore(Database* database) : database_(database) {}

  absl::StatusOr<PersonLedger> Read(absl::string_view customer_id) const override;
  absl::StatusOr<std::optional<PersonLedger>> ReadFromMemory(absl::string_view customer_id) const override;
  // Synced, whatever the policy for receipts: the journal before the position may be dropped afterwards.
  absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) override;
  absl::StatusOr<Totals> ReadTotals() const override;
  absl::StatusOr<uint64_t> Position() const override;

 private:
  absl::Status PutTotals(const Totals& totals, rocksdb::WriteBatch* batch) const;
  // Position and as_of only.
  absl::StatusOr<Totals> ReadMark() const;

  Database* const database_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_LEDGER_STORE_H_
