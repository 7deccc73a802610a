// Keeps switches in RocksDB, event by event. Private to storage/.
#ifndef NBO_STORAGE_SWITCH_ARCHIVE_H_
#define NBO_STORAGE_SWITCH_ARCHIVE_H_

#include "core/switches/archive.h"
#include "storage/database.h"

namespace nbo::storage {

class RocksSwitchArchive : public SwitchArchive {
 public:
  // The database must outlive it.
  explicit RocksSwitchArchive(Database* database) : database_(database) {}

  absl::Status Append(const SwitchEvent& event) override;
  absl::StatusOr<SwitchesKept> Read() const override;
  absl::StatusOr<std::vector<SwitchEvent>> List(int64_t before, size_t limit) const override;

 private:
  Database* const database_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_SWITCH_ARCHIVE_H_
