// RocksDB with nbo's column families and options. Private to storage/.
#ifndef NBO_STORAGE_DATABASE_H_
#define NBO_STORAGE_DATABASE_H_

#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include <array>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/layout.h"
#include "storage/old_contacts.h"
#include "storage/storage.h"
#include "storage/write_health.h"

namespace nbo::storage {

inline rocksdb::Slice ToSlice(absl::string_view s) { return {s.data(), s.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

// DATA_LOSS for corruption, UNAVAILABLE for everything else; the message says what was attempted.
absl::Status ToStatus(absl::string_view what, const rocksdb::Status& status);

// Thread-safe but for Close.
class Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(const StorageOptions& options);
  ~Database();

  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* family(Family family) const { return families_[family]; }
  const rocksdb::WriteOptions& write_options() const { return write_options_; }
  const WriteHealth& health() const { return *health_; }
  // As WriteHealth::Write; no other way of writing.
  absl::Status Write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch) {
    return health_->Write(options, batch);
  }
  OldContactsFilterFactory& old_contacts() { return *old_contacts_; }
  StorageStats Stats() const;
  // See Storage::Compact.
  absl::Status Compact();
  absl::Status Close();

 private:
  Database() = default;
  absl::Status CheckFormat();

  const std::shared_ptr<OldContactsFilterFactory> old_contacts_ = std::make_shared<OldContactsFilterFactory>();
  std::unique_ptr<rocksdb::Env> env_;  // null: the default; outlives db_
  std::shared_ptr<WriteHealth> health_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families_{};
  std::shared_ptr<rocksdb::Statistics> statistics_;
  std::shared_ptr<rocksdb::Cache> cache_;
  rocksdb::WriteOptions write_options_;
};

// Whether a Get of kBlockCacheTier has found that only the disk knows. No value that is looked up by its key is empty.
// RocksDB 7.8 gives an empty one, and OK, where it was told not to read and the table is not open (its pull request
// 12443).
inline bool IsKeptFromTheDisk(const rocksdb::Status& read, const rocksdb::Slice& value) {
  return read.IsIncomplete() || (read.ok() && value.empty());
}

}  // namespace nbo::storage

#endif  // NBO_STORAGE_DATABASE_H_
