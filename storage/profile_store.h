// The profile store on RocksDB. Private to storage/.
#ifndef NBO_STORAGE_PROFILE_STORE_H_
#define NBO_STORAGE_PROFILE_STORE_H_

#include "core/profile/store.h"
#include "storage/database.h"
#include "storage/state_cache.h"

namespace nbo::storage {

class RocksProfileStore : public ProfileStore {
 public:
  // The database must outlive the store.
  RocksProfileStore(Database* database, size_t state_cache_bytes) : database_(database), cache_(state_cache_bytes) {}
  // Reads the category names; call once, before anything else.
  absl::Status Load();

  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override;
  absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                          std::vector<char>* found) const override;
  absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const override;
  absl::Status ReadDigests(absl::Span<const Receipt* const> receipts,
                           std::vector<std::optional<uint64_t>>* digests) const override;
  absl::StatusOr<std::optional<IdentityLink>> ReadLink(const Identity& identity) const override;
  absl::Status Write(const WriteGroup& group) override;
  const CategoryNames& category_names() const override { return category_names_; }
  StateCache::Stats CacheStats() const { return cache_.GetStats(); }

 private:
  Database* database_;
  mutable StateCache cache_;  // of ReadState; the write path reads the database
  CategoryNames category_names_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_PROFILE_STORE_H_
