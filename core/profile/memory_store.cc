#include "core/profile/memory_store.h"

namespace nbo {

absl::StatusOr<bool> MemoryProfileStore::ReadState(absl::string_view customer_id, CustomerState* state) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = states_.find(customer_id);
  if (it == states_.end()) {
    state->Clear();
    return false;
  }
  *state = it->second;
  return true;
}

absl::Status MemoryProfileStore::ReadStates(absl::Span<const absl::string_view> customer_ids,
                                            std::vector<CustomerState>* states, std::vector<char>* found) const {
  states->resize(customer_ids.size());
  found->resize(customer_ids.size());
  for (size_t i = 0; i < customer_ids.size(); ++i) (*found)[i] = *ReadState(customer_ids[i], &(*states)[i]);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> MemoryProfileStore::ScanStates(
    absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const {
  absl::flat_hash_map<std::string, CustomerState> states;
  {
    absl::ReaderMutexLock lock(&mutex_);
    states = states_;  // writes must not wait for `each`
  }
  for (const auto& [customer_id, state] : states) {
    if (!each(customer_id, state)) break;
  }
  return int64_t{0};
}

absl::Status MemoryProfileStore::ReadDigests(absl::Span<const Receipt* const> receipts,
                                             std::vector<std::optional<uint64_t>>* digests) const {
  absl::ReaderMutexLock lock(&mutex_);
  digests->assign(receipts.size(), std::nullopt);
  for (size_t i = 0; i < receipts.size(); ++i) {
    auto it = digests_.find({receipts[i]->customer_id, receipts[i]->store_id, receipts[i]->receipt_id});
    if (it != digests_.end()) (*digests)[i] = it->second;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IdentityLink>> MemoryProfileStore::ReadLink(const Identity& identity) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = links_.find({identity.type, identity.value});
  return it == links_.end() ? std::nullopt : std::optional<IdentityLink>(it->second);
}

absl::Status MemoryProfileStore::Write(const WriteGroup& group) {
  absl::MutexLock lock(&mutex_);
  for (const ReceiptToKeep& kept : group.receipts) {
    digests_[{kept.receipt->customer_id, kept.receipt->store_id, kept.receipt->receipt_id}] = kept.digest;
  }
  for (const StateToKeep& kept : group.states) states_[kept.customer_id] = *kept.state;
  for (const IdentityLink* link : group.links) links_[{link->identity.type, link->identity.value}] = *link;
  for (const std::string& name : group.new_categories) category_names_.Add(name);
  return absl::OkStatus();
}

}  // namespace nbo
