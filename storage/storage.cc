#include "storage/storage.h"

#include <utility>

#include "storage/catalog_archive.h"
#include "storage/database.h"
#include "storage/ledger_store.h"
#include "storage/population_archive.h"
#include "storage/profile_store.h"
#include "storage/propensity_archive.h"
#include "storage/switch_archive.h"

namespace nbo::storage {
namespace {

class RocksStorage : public Storage {
 public:
  RocksStorage(std::unique_ptr<Database> database, size_t state_cache_bytes)
      : database_(std::move(database)),
        profiles_(database_.get(), state_cache_bytes),
        catalogs_(database_.get()),
        populations_(database_.get()),
        propensities_(database_.get()),
        switches_(database_.get()),
        ledgers_(database_.get()) {}

  absl::Status Load(const std::string& tombstone_key_path) { return profiles_.Load(tombstone_key_path); }
  ProfileStore& profiles() override { return profiles_; }
  CatalogArchive& catalogs() override { return catalogs_; }
  PopulationArchive& populations() override { return populations_; }
  PropensityArchive& propensities() override { return propensities_; }
  SwitchArchive& switches() override { return switches_; }
  LedgerStore& ledgers() override { return ledgers_; }
  StorageStats Stats() const override {
    StorageStats stats = database_->Stats();
    const StateCache::Stats cache = profiles_.CacheStats();
    stats.state_cache_bytes = cache.bytes;
    stats.state_cache_hits = cache.hits;
    stats.state_cache_misses = cache.misses;
    return stats;
  }
  absl::Status Compact() override { return database_->Compact(); }
  WriteState GetWriteState() const override { return database_->health().State(); }
  absl::Status Close() override { return database_->Close(); }

 private:
  std::unique_ptr<Database> database_;
  RocksProfileStore profiles_;
  RocksCatalogArchive catalogs_;
  RocksPopulationArchive populations_;
  RocksPropensityArchive propensities_;
  RocksSwitchArchive switches_;
  RocksLedgerStore ledgers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(const StorageOptions& options) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
  if (!database.ok()) return database.status();
  auto storage = std::make_unique<RocksStorage>(*std::move(database), options.state_cache_bytes);
  const std::string key =
      options.tombstone_key_path.empty() ? options.path + "/tombstone.key" : options.tombstone_key_path;
  if (absl::Status s = storage->Load(key); !s.ok()) return s;
  return storage;
}

}  // namespace nbo::storage
