// A profile store in memory: for tests and for trying things out. Nothing survives it.
#ifndef NBO_CORE_PROFILE_MEMORY_STORE_H_
#define NBO_CORE_PROFILE_MEMORY_STORE_H_

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/profile/store.h"

namespace nbo {

class MemoryProfileStore : public ProfileStore {
 public:
  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override;
  absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                          std::vector<char>* found) const override;
  absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const override;
  absl::StatusOr<bool> ReadBase(absl::string_view customer_id, CustomerState* base) const override;
  absl::StatusOr<std::vector<std::string>> ListCustomers(uint32_t partition, absl::string_view after,
                                                         size_t limit) const override;
  absl::Status ReadRecords(absl::Span<const RecordRef> refs, std::vector<ReceiptRecord>* records) const override;
  absl::Status ScanRecords(absl::string_view customer_id,
                           absl::FunctionRef<void(const ReceiptKey&, ReceiptRecord)> visit) const override;
  absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override;
  absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override;
  absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override;
  absl::StatusOr<std::vector<std::string>> ListAbsorbed(absl::string_view customer_id) const override;
  absl::StatusOr<std::optional<absl::Time>> ReadTombstone(absl::string_view customer_id) const override;
  absl::Status Write(const WriteGroup& group) override;
  absl::Status Sync() override { return absl::OkStatus(); }
  const CategoryNames& category_names() const override { return category_names_; }

 private:
  using States = std::map<std::string, CustomerState, std::less<>>;

  absl::StatusOr<bool> Read(const States& states, absl::string_view customer_id, CustomerState* state) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  States states_ ABSL_GUARDED_BY(mutex_);
  States bases_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::map<ReceiptKey, ReceiptRecord>> records_ ABSL_GUARDED_BY(mutex_);
  std::map<Identity, IdentityHistory> identities_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::set<Identity>> names_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> aliases_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> tombstones_ ABSL_GUARDED_BY(mutex_);
  CategoryNames category_names_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_MEMORY_STORE_H_
