// A store whose disk answers when a test lets it; what was read once is in memory.
#ifndef NBO_TESTS_SERVER_DECISION_SLOW_STORE_H_
#define NBO_TESTS_SERVER_DECISION_SLOW_STORE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "tests/core/profile/flaky_store.h"

namespace nbo::server {

// Thread-safe. Identities, names and aliases share one key each with the state's customer: "card:..." for identities.
class SlowStore : public FlakyStore {
 public:
  // While it is stalled, whatever is not in memory waits.
  void Stall() {
    absl::MutexLock lock(&mutex_);
    stalled_ = true;
  }
  void GoOn() {
    absl::MutexLock lock(&mutex_);
    stalled_ = false;
  }
  // Returns when so many wait for the disk.
  void AwaitStalled(int count) {
    auto there = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return waiting_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  // Nothing is in memory any more.
  void Chill() {
    absl::MutexLock lock(&mutex_);
    warm_.clear();
  }
  void Remember(const std::string& customer_id, const CustomerState& state) {
    absl::MutexLock lock(&mutex_);
    last_known_[customer_id] = state;
  }

  const ProfileReader& memory() const override { return memory_; }
  bool ReadLastKnownState(absl::string_view customer_id, CustomerState* state) const override {
    absl::MutexLock lock(&mutex_);
    auto found = last_known_.find(customer_id);
    if (found == last_known_.end()) return false;
    *state = found->second;
    return true;
  }
  absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
    Touch(customer_id);
    return FlakyStore::ReadState(customer_id, state);
  }
  absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
    Touch("card:" + identity.value);
    return FlakyStore::ReadIdentity(identity);
  }
  absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
    Touch("names:" + std::string(customer_id));
    return FlakyStore::ListIdentities(customer_id);
  }

 private:
  class Memory : public ProfileReader {
   public:
    explicit Memory(const SlowStore* store) : store_(store) {}
    absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const override {
      if (!store_->IsWarm(customer_id)) return NotInMemory();
      return store_->FlakyStore::ReadState(customer_id, state);
    }
    absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const override {
      if (!store_->IsWarm("card:" + identity.value)) return NotInMemory();
      return store_->FlakyStore::ReadIdentity(identity);
    }
    absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const override {
      if (!store_->IsWarm("names:" + std::string(customer_id))) return NotInMemory();
      return store_->FlakyStore::ListIdentities(customer_id);
    }
    absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const override {
      return store_->ReadAlias(customer_id);
    }

   private:
    const SlowStore* const store_;
  };

  bool IsWarm(absl::string_view key) const {
    absl::MutexLock lock(&mutex_);
    return warm_.contains(std::string(key));
  }
  void Touch(absl::string_view key) const {
    auto going_on = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !stalled_; };
    absl::MutexLock lock(&mutex_);
    if (!warm_.contains(std::string(key))) {
      ++waiting_;
      mutex_.Await(absl::Condition(&going_on));
      --waiting_;
    }
    warm_.insert(std::string(key));
  }

  const Memory memory_{this};
  mutable absl::Mutex mutex_;
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;
  mutable int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable std::set<std::string> warm_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, CustomerState> last_known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_DECISION_SLOW_STORE_H_
