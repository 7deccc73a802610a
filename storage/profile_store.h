// The profile store on RocksDB. Private to storage/.
#ifndef NBO_STORAGE_PROFILE_STORE_H_
#define NBO_STORAGE_PROFILE_STORE_H_

#include <rocksdb/write_batch.h>

#include <optional>
#include <string>
#include <vector>

#include "core/profile/store.h"
#include "storage/database.h"
#include "storage/numbers.h"
#include "storage/state_cache.h"
#include "storage/tombstone_hash.h"

namespace nbo::storage {

class RocksProfileStore : public ProfileStore {
 public:
  // The database must outlive the store.
  RocksProfileStore(Database* database, size_t state_cache_bytes) : database_(database), cache_(state_cache_bytes) {}
  // Reads the category names, the numbers and the key of the tombstones; call once, before anything else.
  absl::Status Load(const std::string& tombstone_key_path);

  const ProfileReader& memory() const override { return memory_; }
  bool ReadLastKnownState(absl::string_view customer_id, CustomerState* state) const override;
  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
    return ReadState(customer_id, state, disk_);
  }
  absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                          std::vector<char>* found) const override;
  absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const override;
  absl::StatusOr<bool> ReadBase(absl::string_view customer_id, CustomerState* base) const override;
  absl::StatusOr<std::vector<std::string>> ListCustomers(uint32_t partition, absl::string_view after,
                                                         size_t limit) const override;
  absl::Status ReadRecords(absl::Span<const RecordRef> refs, std::vector<ReceiptRecord>* records) const override;
  absl::Status ScanRecords(absl::string_view customer_id,
                           absl::FunctionRef<void(const nbo::ReceiptKey&, ReceiptRecord)> visit) const override;
  absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
    return ReadIdentity(identity, disk_);
  }
  absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
    return ListIdentities(customer_id, disk_);
  }
  absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override {
    return ReadAlias(customer_id, disk_);
  }
  absl::StatusOr<std::vector<std::string>> ListAbsorbed(absl::string_view customer_id) const override;
  absl::StatusOr<std::optional<absl::Time>> ReadTombstone(absl::string_view customer_id) const override;
  absl::Status Write(const WriteGroup& group) override;
  absl::Status Sync() override;
  const CategoryNames& category_names() const override { return category_names_; }
  StateCache::Stats CacheStats() const { return cache_.GetStats(); }

  // The bytes of a state that this store has given, and back, for whoever keeps copies. The store knows already what
  // the numbers in it mean.
  std::string BytesOf(const CustomerState& state);
  absl::Status StateOf(absl::string_view bytes, CustomerState* state) const;

 private:
  // The store's readings with options that keep RocksDB from the disk.
  class Memory : public ProfileReader {
   public:
    explicit Memory(const RocksProfileStore* store) : store_(store) {
      options_.read_tier = rocksdb::kBlockCacheTier;  // memtables and the block cache; Incomplete: not there
    }
    absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
      return store_->ReadState(customer_id, state, options_);
    }
    absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
      return store_->ReadIdentity(identity, options_);
    }
    absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
      return store_->ListIdentities(customer_id, options_);
    }
    absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override {
      return store_->ReadAlias(customer_id, options_);
    }

   private:
    const RocksProfileStore* const store_;
    rocksdb::ReadOptions options_;
  };

  using ReadOptions = rocksdb::ReadOptions;
  // As without options; NotInMemory() if the options forbid to read further.
  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state, const ReadOptions& options) const;
  absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity, const ReadOptions& options) const;
  absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id, const ReadOptions& options) const;
  absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id, const ReadOptions& options) const;

  // One value; nullopt if there is none.
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view what, Family family, const std::string& key,
                                                 const ReadOptions& options) const;
  // Calls `visit` for every key with the prefix until it returns a status that is not OK.
  absl::Status Scan(absl::string_view what, Family family, const std::string& prefix, const ReadOptions& options,
                    absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit) const;
  absl::Status ScanNames(absl::string_view customer_id, const ReadOptions& options,
                         absl::FunctionRef<void(uint8_t kind, absl::string_view text)> visit) const;
  absl::Status LoadNumbers();
  absl::Status FillBatch(const WriteGroup& group, rocksdb::WriteBatch* batch, UnwrittenNumbers* unwritten);
  // Puts what the numbers mean, each once.
  absl::Status PutMeanings(UnwrittenNumbers* unwritten, rocksdb::WriteBatch* batch) const;
  absl::Status RemoveCustomer(const std::string& customer_id, rocksdb::WriteBatch* batch) const;

  Database* database_;
  const ReadOptions disk_;
  const Memory memory_{this};
  mutable StateCache cache_;  // of ReadState; the write path reads the database
  CategoryNames category_names_;
  Numbers numbers_;
  std::optional<TombstoneHash> tombstone_hash_;  // set by Load
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_PROFILE_STORE_H_
