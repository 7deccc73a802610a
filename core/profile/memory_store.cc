#include "core/profile/memory_store.h"

#include "core/base/hash.h"

namespace nbo {
namespace {

// Puts or removes.
template <typename Map, typename Key, typename Value>
void Keep(Map* map, const Key& key, const Value* value) {
  if (value == nullptr) {
    map->erase(key);
  } else {
    map->insert_or_assign(key, *value);
  }
}

}  // namespace

absl::StatusOr<bool> MemoryProfileStore::Read(const States& states, absl::string_view customer_id,
                                              CustomerState* state) const {
  auto it = states.find(std::string(customer_id));
  if (it == states.end()) {
    state->Clear();
    return false;
  }
  *state = it->second;
  return true;
}

absl::StatusOr<bool> MemoryProfileStore::ReadState(absl::string_view customer_id, CustomerState* state) const {
  absl::ReaderMutexLock lock(&mutex_);
  return Read(states_, customer_id, state);
}

absl::StatusOr<bool> MemoryProfileStore::ReadBase(absl::string_view customer_id, CustomerState* base) const {
  absl::ReaderMutexLock lock(&mutex_);
  return Read(bases_, customer_id, base);
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
  States states;
  {
    absl::ReaderMutexLock lock(&mutex_);
    states = states_;  // writes must not wait for `each`
  }
  for (const auto& [customer_id, state] : states) {
    if (!each(customer_id, state)) break;
  }
  return int64_t{0};
}

absl::StatusOr<std::vector<std::string>> MemoryProfileStore::ListCustomers(uint32_t partition, absl::string_view after,
                                                                           size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::string> ids;
  for (auto it = states_.upper_bound(std::string(after)); it != states_.end() && ids.size() < limit; ++it) {
    if (PartitionOf(it->first) == partition) ids.push_back(it->first);
  }
  return ids;
}

absl::Status MemoryProfileStore::ReadRecords(absl::Span<const RecordRef> refs,
                                             std::vector<ReceiptRecord>* records) const {
  absl::ReaderMutexLock lock(&mutex_);
  records->assign(refs.size(), {});
  for (size_t i = 0; i < refs.size(); ++i) {
    auto customer = records_.find(std::string(refs[i].customer_id));
    if (customer == records_.end()) continue;
    auto record = customer->second.find(refs[i].key());
    if (record != customer->second.end()) (*records)[i] = record->second;
  }
  return absl::OkStatus();
}

absl::Status MemoryProfileStore::ScanRecords(absl::string_view customer_id,
                                             absl::FunctionRef<void(const ReceiptKey&, ReceiptRecord)> visit) const {
  std::map<ReceiptKey, ReceiptRecord> records;
  {
    absl::ReaderMutexLock lock(&mutex_);
    auto customer = records_.find(std::string(customer_id));
    if (customer != records_.end()) records = customer->second;
  }
  for (auto& [key, record] : records) visit(key, std::move(record));
  return absl::OkStatus();
}

absl::StatusOr<IdentityHistory> MemoryProfileStore::ReadIdentity(const Identity& identity) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = identities_.find(identity);
  return it == identities_.end() ? IdentityHistory() : it->second;
}

absl::StatusOr<std::vector<Identity>> MemoryProfileStore::ListIdentities(absl::string_view customer_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = names_.find(std::string(customer_id));
  if (it == names_.end()) return std::vector<Identity>();
  return std::vector<Identity>(it->second.begin(), it->second.end());
}

absl::StatusOr<std::string> MemoryProfileStore::ReadAlias(absl::string_view customer_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = aliases_.find(std::string(customer_id));
  return it == aliases_.end() ? std::string() : it->second;
}

absl::StatusOr<std::vector<std::string>> MemoryProfileStore::ListAbsorbed(absl::string_view customer_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::string> ids;
  for (const auto& [absorbed, survivor] : aliases_) {
    if (survivor == customer_id) ids.push_back(absorbed);
  }
  return ids;
}

absl::StatusOr<std::optional<absl::Time>> MemoryProfileStore::ReadTombstone(absl::string_view customer_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = tombstones_.find(std::string(customer_id));
  return it == tombstones_.end() ? std::nullopt : std::optional<absl::Time>(it->second);
}

absl::Status MemoryProfileStore::Write(const WriteGroup& group) {
  absl::MutexLock lock(&mutex_);
  for (const std::string& id : group.erased) {
    states_.erase(id);
    bases_.erase(id);
    records_.erase(id);
    names_.erase(id);
  }
  for (const RecordToKeep& kept : group.records) {
    Keep(&records_[std::string(kept.ref.customer_id)], kept.ref.key(), kept.record);
  }
  for (const StateToKeep& kept : group.states) Keep(&states_, std::string(kept.customer_id), kept.state);
  for (const StateToKeep& kept : group.bases) Keep(&bases_, std::string(kept.customer_id), kept.state);
  for (const IdentityToKeep& kept : group.identities) Keep(&identities_, kept.identity, kept.history);
  for (const NameToKeep& name : group.names) {
    std::set<Identity>& names = names_[name.customer_id];
    if (name.present) {
      names.insert(name.identity);
    } else {
      names.erase(name.identity);
    }
  }
  for (const AliasToKeep& alias : group.aliases) {
    Keep(&aliases_, alias.absorbed_id, alias.present ? &alias.survivor_id : nullptr);
  }
  for (const TombstoneToKeep& kept : group.tombstones) {
    Keep(&tombstones_, kept.customer_id, kept.time ? &*kept.time : nullptr);
  }
  for (const std::string& name : group.new_categories) category_names_.Add(name);
  return absl::OkStatus();
}

}  // namespace nbo
