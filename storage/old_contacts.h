// Forgets in the store what customers were told so long ago that it decides nothing: when tables are merged, so that
// nobody has to look for customers who never return. Private to storage/.
#ifndef NBO_STORAGE_OLD_CONTACTS_H_
#define NBO_STORAGE_OLD_CONTACTS_H_

#include <rocksdb/compaction_filter.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"

namespace nbo::storage {

// Of the family of contacts. What it forgets is what Prune (core/ledger/person_ledger.h) would at that time, once there
// are contacts older than kMaxContactAgeDays, or nothing is left: so it matters to nobody when it happens. Tables are
// merged anew after ColumnFamilyOptions::periodic_compaction_seconds at the latest. Thread-safe.
class OldContactsFilterFactory : public rocksdb::CompactionFilterFactory {
 public:
  // The time by which age is told: of the last checkpoint. Until it is set for the first time nothing is forgotten.
  void SetTime(absl::Time now) { now_us_.store(absl::ToUnixMicros(now), std::memory_order_relaxed); }

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;
  const char* Name() const override { return "nbo.OldContacts"; }

 private:
  std::atomic<int64_t> now_us_ = 0;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_OLD_CONTACTS_H_
