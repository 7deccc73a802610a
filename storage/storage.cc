#include "storage/storage.h"

#include <rocksdb/write_batch.h>

#include <utility>

#include "storage/codec.h"
#include "storage/database.h"
#include "storage/population_archive.h"
#include "storage/profile_store.h"

namespace nbo::storage {
namespace {

class RocksCatalogArchive : public CatalogArchive {
 public:
  explicit RocksCatalogArchive(Database* database) : database_(database) {}

  absl::Status Append(const PublishedCatalog& catalog) override {
    // A catalog is published rarely and must not be lost, whatever the sync policy for receipts.
    rocksdb::WriteOptions options;
    options.sync = true;
    rocksdb::WriteBatch batch;
    const rocksdb::Status put =
        batch.Put(database_->family(kCatalogs), NumberKey(catalog.version), EncodeCatalog(catalog));
    return put.ok() ? database_->Write(options, &batch) : ToStatus("composing a catalog", put);
  }

  absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const override {
    std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator({}, database_->family(kCatalogs)));
    const std::string key = NumberKey(static_cast<uint64_t>(version));
    if (version == 0) {
      it->SeekToLast();
    } else {
      it->Seek(key);
    }
    if (!it->status().ok()) return ToStatus("reading a catalog", it->status());
    if (!it->Valid() || (version != 0 && it->key() != key)) return std::optional<PublishedCatalog>();
    auto catalog = DecodeCatalog(static_cast<int64_t>(NumberOfKey(ToView(it->key()))), ToView(it->value()));
    if (!catalog.ok()) return catalog.status();
    return std::optional<PublishedCatalog>(*std::move(catalog));
  }

 private:
  Database* database_;
};

class RocksStorage : public Storage {
 public:
  RocksStorage(std::unique_ptr<Database> database, size_t state_cache_bytes)
      : database_(std::move(database)),
        profiles_(database_.get(), state_cache_bytes),
        catalogs_(database_.get()),
        populations_(database_.get()) {}

  absl::Status Load(const std::string& tombstone_key_path) { return profiles_.Load(tombstone_key_path); }
  ProfileStore& profiles() override { return profiles_; }
  CatalogArchive& catalogs() override { return catalogs_; }
  PopulationArchive& populations() override { return populations_; }
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
