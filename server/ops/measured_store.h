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

  const ProfileReader& memory() const override { return memory_; }
  bool ReadLastKnownState(absl::string_view customer_id, CustomerState* state) const override {
    return store_->ReadLastKnownState(customer_id, state);
  }

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
  absl::StatusOr<bool> ReadBase(absl::string_view customer_id, CustomerState* base) const override {
    return Timed(StoreStage::kOther, [&] { return store_->ReadBase(customer_id, base); });
  }
  absl::StatusOr<std::vector<std::string>> ListCustomers(uint32_t partition, absl::string_view after,
                                                         size_t limit) const override {
    return Timed(StoreStage::kOther, [&] { return store_->ListCustomers(partition, after, limit); });
  }
  absl::Status ReadRecords(absl::Span<const RecordRef> refs, std::vector<ReceiptRecord>* records) const override {
    return Timed(StoreStage::kReadRecords, [&] { return store_->ReadRecords(refs, records); });
  }
  absl::Status ScanRecords(absl::string_view customer_id,
                           absl::FunctionRef<void(const ReceiptKey&, ReceiptRecord)> visit) const override {
    return Timed(StoreStage::kScanRecords, [&] { return store_->ScanRecords(customer_id, visit); });
  }
  absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
    return Timed(StoreStage::kReadIdentity, [&] { return store_->ReadIdentity(identity); });
  }
  absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
    return Timed(StoreStage::kOther, [&] { return store_->ListIdentities(customer_id); });
  }
  absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override {
    return Timed(StoreStage::kOther, [&] { return store_->ReadAlias(customer_id); });
  }
  absl::StatusOr<std::vector<std::string>> ListAbsorbed(absl::string_view customer_id) const override {
    return Timed(StoreStage::kOther, [&] { return store_->ListAbsorbed(customer_id); });
  }
  absl::StatusOr<std::optional<absl::Time>> ReadTombstone(absl::string_view customer_id) const override {
    return Timed(StoreStage::kOther, [&] { return store_->ReadTombstone(customer_id); });
  }
  absl::Status Write(const WriteGroup& group) override {
    return Timed(StoreStage::kWrite, [&] { return store_->Write(group); });
  }
  absl::Status Sync() override {
    return Timed(StoreStage::kSync, [&] { return store_->Sync(); });
  }
  const CategoryNames& category_names() const override { return store_->category_names(); }

 private:
  // What was not in memory is not counted: the reading of the store that follows is.
  class MeasuredMemory : public ProfileReader {
    template <typename Call>
    auto Timed(StoreStage stage, Call call) const {
      const absl::Time start = absl::Now();
      auto result = call();
      if (result.ok() || !IsNotInMemory(result.status())) {
        metrics_->ObserveStore(stage, result.ok(), absl::Now() - start);
      }
      return result;
    }

   public:
    MeasuredMemory(const ProfileReader* memory, Metrics* metrics) : memory_(memory), metrics_(metrics) {}
    absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
      return Timed(StoreStage::kReadState, [&] { return memory_->ReadState(customer_id, state); });
    }
    absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
      return Timed(StoreStage::kReadIdentity, [&] { return memory_->ReadIdentity(identity); });
    }
    absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
      return Timed(StoreStage::kOther, [&] { return memory_->ListIdentities(customer_id); });
    }
    absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override {
      return Timed(StoreStage::kOther, [&] { return memory_->ReadAlias(customer_id); });
    }

   private:
    const ProfileReader* const memory_;
    Metrics* const metrics_;
  };

  ProfileStore* const store_;
  Metrics* const metrics_;
  const MeasuredMemory memory_{&store_->memory(), metrics_};
};

}  // namespace nbo::server

#endif  // NBO_SERVER_OPS_MEASURED_STORE_H_
