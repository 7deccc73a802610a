// A profile store in memory: for tests and for trying things out. Nothing survives it.
#ifndef NBO_CORE_PROFILE_MEMORY_STORE_H_
#define NBO_CORE_PROFILE_MEMORY_STORE_H_

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
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
  absl::Status ReadDigests(absl::Span<const Receipt* const> receipts,
                           std::vector<std::optional<uint64_t>>* digests) const override;
  absl::StatusOr<std::optional<IdentityLink>> ReadLink(const Identity& identity) const override;
  absl::Status Write(const WriteGroup& group) override;
  const CategoryNames& category_names() const override { return category_names_; }

 private:
  using ReceiptKey = std::tuple<std::string, std::string, std::string>;  // customer, store, receipt id

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, CustomerState> states_ ABSL_GUARDED_BY(mutex_);
  std::map<ReceiptKey, uint64_t> digests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<IdentityType, std::string>, IdentityLink> links_ ABSL_GUARDED_BY(mutex_);
  CategoryNames category_names_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_MEMORY_STORE_H_
