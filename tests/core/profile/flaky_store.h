// A profile store in memory that can be told to fail or to wait.
#ifndef NBO_TESTS_CORE_PROFILE_FLAKY_STORE_H_
#define NBO_TESTS_CORE_PROFILE_FLAKY_STORE_H_

#include <atomic>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/profile/memory_store.h"

namespace nbo {

// Thread-safe. Keeps every contract of ProfileStore; a call that is told to fail does nothing else.
class FlakyStore : public ProfileStore {
 public:
  std::atomic<bool> fail_read_states{false};
  std::string damaged_customer;     // reading this one's state is DATA_LOSS; set before use
  std::string damaged_receipts_of;  // scanning this one's receipts is DATA_LOSS; set before use
  std::atomic<bool> fail_read_records{false};
  std::atomic<bool> fail_read_identities{false};
  std::atomic<bool> fail_scans{false};
  std::atomic<bool> fail_writes{false};
  std::atomic<int> writes{0};
  std::atomic<int> syncs{0};
  mutable std::atomic<int> scans{0};

  // While closed, writes wait.
  void CloseGate() {
    absl::MutexLock lock(&gate_mutex_);
    gate_closed_ = true;
  }
  void OpenGate() {
    absl::MutexLock lock(&gate_mutex_);
    gate_closed_ = false;
  }
  // Returns when so many writes wait at the gate.
  void AwaitWaiting(int count) {
    auto there = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(gate_mutex_) { return waiting_ >= count; };
    absl::MutexLock lock(&gate_mutex_, absl::Condition(&there));
  }
  // The receipts of every write, in the order of writing.
  std::vector<std::string> WrittenReceiptIds() const {
    absl::MutexLock lock(&gate_mutex_);
    return written_;
  }

  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
    if (fail_read_states) return Failure();
    return memory_.ReadState(customer_id, state);
  }
  absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                          std::vector<char>* found) const override {
    if (fail_read_states) return Failure();
    for (absl::string_view id : customer_ids) {
      if (!damaged_customer.empty() && id == damaged_customer) return absl::DataLossError("state: not readable");
    }
    return memory_.ReadStates(customer_ids, states, found);
  }
  absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const override {
    if (fail_scans) return Failure();
    return memory_.ScanStates(each);
  }
  absl::StatusOr<bool> ReadBase(absl::string_view customer_id, CustomerState* base) const override {
    return memory_.ReadBase(customer_id, base);
  }
  absl::StatusOr<std::vector<std::string>> ListCustomers(uint32_t partition, absl::string_view after,
                                                         size_t limit) const override {
    return memory_.ListCustomers(partition, after, limit);
  }
  absl::Status ReadRecords(absl::Span<const RecordRef> refs, std::vector<ReceiptRecord>* records) const override {
    if (fail_read_records) return Failure();
    return memory_.ReadRecords(refs, records);
  }
  absl::Status ScanRecords(absl::string_view customer_id,
                           absl::FunctionRef<void(const ReceiptKey&, ReceiptRecord)> visit) const override {
    ++scans;
    if (fail_scans) return Failure();
    if (!damaged_receipts_of.empty() && customer_id == damaged_receipts_of) {
      return absl::DataLossError("receipt: not readable");
    }
    return memory_.ScanRecords(customer_id, visit);
  }
  absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
    if (fail_read_identities) return Failure();
    return memory_.ReadIdentity(identity);
  }
  absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
    return memory_.ListIdentities(customer_id);
  }
  absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override {
    return memory_.ReadAlias(customer_id);
  }
  absl::StatusOr<std::vector<std::string>> ListAbsorbed(absl::string_view customer_id) const override {
    return memory_.ListAbsorbed(customer_id);
  }
  absl::StatusOr<std::optional<absl::Time>> ReadTombstone(absl::string_view customer_id) const override {
    return memory_.ReadTombstone(customer_id);
  }
  absl::Status Sync() override {
    if (fail_writes) return Failure();
    ++syncs;
    return memory_.Sync();
  }
  absl::Status Write(const WriteGroup& group) override {
    {
      auto open = [this]() ABSL_SHARED_LOCKS_REQUIRED(gate_mutex_) { return !gate_closed_; };
      absl::MutexLock lock(&gate_mutex_);
      ++waiting_;
      gate_mutex_.Await(absl::Condition(&open));
      --waiting_;
      if (!fail_writes) {
        for (const RecordToKeep& kept : group.records) written_.emplace_back(kept.ref.receipt_id);
      }
    }
    if (fail_writes) return Failure();
    ++writes;
    return memory_.Write(group);
  }
  const CategoryNames& category_names() const override { return memory_.category_names(); }

 private:
  static absl::Status Failure() { return absl::UnavailableError("store: out of order"); }

  MemoryProfileStore memory_;
  mutable absl::Mutex gate_mutex_;
  bool gate_closed_ ABSL_GUARDED_BY(gate_mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(gate_mutex_) = 0;
  std::vector<std::string> written_ ABSL_GUARDED_BY(gate_mutex_);
};

}  // namespace nbo

#endif  // NBO_TESTS_CORE_PROFILE_FLAKY_STORE_H_
