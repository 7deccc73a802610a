// Keeps what was learned of propensities in RocksDB. Private to storage/.
#ifndef NBO_STORAGE_PROPENSITY_ARCHIVE_H_
#define NBO_STORAGE_PROPENSITY_ARCHIVE_H_

#include "core/propensity/archive.h"
#include "storage/database.h"

namespace nbo::storage {

class RocksPropensityArchive : public PropensityArchive {
 public:
  // The database must outlive it.
  explicit RocksPropensityArchive(Database* database) : database_(database) {}

  absl::Status Keep(const LearnedState& state) override;
  absl::StatusOr<std::optional<LearnedState>> Read() const override;

 private:
  Database* const database_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_PROPENSITY_ARCHIVE_H_
