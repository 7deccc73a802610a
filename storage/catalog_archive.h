// Keeps catalogs and their activations in RocksDB. Private to storage/.
#ifndef NBO_STORAGE_CATALOG_ARCHIVE_H_
#define NBO_STORAGE_CATALOG_ARCHIVE_H_

#include "core/catalog/archive.h"
#include "storage/database.h"

namespace nbo::storage {

class RocksCatalogArchive : public CatalogArchive {
 public:
  // The database must outlive it.
  explicit RocksCatalogArchive(Database* database) : database_(database) {}

  absl::Status Write(const PublishedCatalog* catalog, const std::vector<CatalogActivation>& activations) override;
  absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const override;
  absl::StatusOr<std::vector<PublishedCatalog>> List(int64_t before, size_t limit) const override;
  absl::StatusOr<std::vector<CatalogActivation>> ListActivations(int64_t before, size_t limit) const override;

 private:
  Database* const database_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_CATALOG_ARCHIVE_H_
