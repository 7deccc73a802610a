// A profile store that times another one: the stages of both paths that touch the disk.
#ifndef NBO_SERVER_OPS_MEASURED_STORE_H_
#define NBO_SERVER_OPS_MEASURED_STORE_H_

#include "absl/time/clock.h"
#include "core/profile/store.h"
#include "server/ops/metrics.h"

namespace nbo::server {

// As thread-safe as the store it wraps; both pointers must outlive it.
class MeasuredStore : public ProfileStore {
  // First, since its return type is deduced.
  template <typename Call>
  auto Timed(StoreStage stage, Call call) const {
    const absl::Time start = absl::Now();
    auto result = call();
    metrics_->ObserveStore(stage, result.ok(), absl::Now() - start);
    return result;
  }

 public:
  MeasuredStore(ProfileStore* store, Metrics* metrics) : store_(store), metrics_(metrics) {}

  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
    return Timed(StoreStage::kReadState, [&] { return store_->ReadState(customer_id, state); });
  }
  absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                          std::vector<char>* found) const override {
    return Timed(StoreStage::kReadGroup, [&] { return store_->ReadStates(customer_ids, states, found); });
  }
  // Not timed: it takes as long as its caller likes.
  absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const override {
    return store_->ScanStates(each);
  }
  absl::Status ReadDigests(absl::Span<const Receipt* const> receipts,
                           std::vector<std::optional<uint64_t>>* digests) const override {
    return Timed(StoreStage::kReadDigests, [&] { return store_->ReadDigests(receipts, digests); });
  }
  absl::StatusOr<std::optional<IdentityLink>> ReadLink(const Identity& identity) const override {
    return Timed(StoreStage::kReadLink, [&] { return store_->ReadLink(identity); });
  }
  absl::Status Write(const WriteGroup& group) override {
    return Timed(StoreStage::kWrite, [&] { return store_->Write(group); });
  }
  const CategoryNames& category_names() const override { return store_->category_names(); }

 private:
  ProfileStore* const store_;
  Metrics* const metrics_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_OPS_MEASURED_STORE_H_
