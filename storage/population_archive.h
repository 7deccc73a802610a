// Keeps the population in RocksDB. Private to storage/.
#ifndef NBO_STORAGE_POPULATION_ARCHIVE_H_
#define NBO_STORAGE_POPULATION_ARCHIVE_H_

#include "core/population/archive.h"
#include "storage/database.h"

namespace nbo::storage {

class RocksPopulationArchive : public PopulationArchive {
 public:
  // The database must outlive it.
  explicit RocksPopulationArchive(Database* database) : database_(database) {}

  absl::Status Keep(const Population& population) override;
  absl::StatusOr<std::optional<Population>> Read() const override;

 private:
  Database* const database_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_POPULATION_ARCHIVE_H_
