#include "storage/profile_store.h"

#include <rocksdb/write_batch.h>

#include <utility>

#include "core/profile/state.h"
#include "storage/codec.h"

namespace nbo::storage {
namespace {

// MultiGet of one family; pinned values are not copied.
struct BatchRead {
  std::vector<rocksdb::PinnableSlice> values;
  std::vector<rocksdb::Status> statuses;

  BatchRead(const Database& database, Family family, const std::vector<std::string>& keys)
      : values(keys.size()), statuses(keys.size()) {
    std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    database.db()->MultiGet({}, database.family(family), slices.size(), slices.data(), values.data(), statuses.data());
  }
};

}  // namespace

absl::Status RocksProfileStore::Load() {
  std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator({}, database_->family(kCategories)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) category_names_.Add(ToView(it->value()));
  return ToStatus("reading categories", it->status());
}

absl::StatusOr<bool> RocksProfileStore::ReadState(absl::string_view customer_id, CustomerState* state) const {
  StateCache::Miss miss;
  if (cache_.Find(customer_id, state, &miss)) return true;
  rocksdb::PinnableSlice value;
  rocksdb::Status read = database_->db()->Get({}, database_->family(kState), StateKey(customer_id), &value);
  if (read.IsNotFound()) {
    state->Clear();
    return false;
  }
  if (!read.ok()) return ToStatus("reading a state", read);
  if (absl::Status s = DecodeState(ToView(value), state); !s.ok()) return s;
  cache_.Insert(customer_id, *state, miss);
  return true;
}

absl::Status RocksProfileStore::ReadStates(absl::Span<const absl::string_view> customer_ids,
                                           std::vector<CustomerState>* states, std::vector<char>* found) const {
  std::vector<std::string> keys;
  keys.reserve(customer_ids.size());
  for (absl::string_view id : customer_ids) keys.push_back(StateKey(id));
  BatchRead read(*database_, kState, keys);
  states->resize(keys.size());
  found->assign(keys.size(), 0);
  for (size_t i = 0; i < keys.size(); ++i) {
    (*states)[i].Clear();
    if (read.statuses[i].IsNotFound()) continue;
    if (!read.statuses[i].ok()) return ToStatus("reading states", read.statuses[i]);
    if (absl::Status s = DecodeState(ToView(read.values[i]), &(*states)[i]); !s.ok()) return s;
    (*found)[i] = 1;
  }
  return absl::OkStatus();
}

absl::Status RocksProfileStore::ReadDigests(absl::Span<const Receipt* const> receipts,
                                            std::vector<std::optional<uint64_t>>* digests) const {
  std::vector<std::string> keys;
  keys.reserve(receipts.size());
  for (const Receipt* receipt : receipts) keys.push_back(ReceiptKey(*receipt));
  BatchRead read(*database_, kReceipts, keys);
  digests->assign(keys.size(), std::nullopt);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (read.statuses[i].IsNotFound()) continue;
    if (!read.statuses[i].ok()) return ToStatus("reading receipts", read.statuses[i]);
    absl::StatusOr<uint64_t> digest = DecodeDigest(ToView(read.values[i]));
    if (!digest.ok()) return digest.status();
    (*digests)[i] = *digest;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IdentityLink>> RocksProfileStore::ReadLink(const Identity& identity) const {
  rocksdb::PinnableSlice value;
  rocksdb::Status read = database_->db()->Get({}, database_->family(kIdentities), IdentityKey(identity), &value);
  if (read.IsNotFound()) return std::optional<IdentityLink>();
  if (!read.ok()) return ToStatus("reading an identity", read);
  absl::StatusOr<IdentityLink> link = DecodeLink(identity, ToView(value));
  if (!link.ok()) return link.status();
  return std::optional<IdentityLink>(*std::move(link));
}

absl::Status RocksProfileStore::Write(const WriteGroup& group) {
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  auto put = [&](Family family, const std::string& key, absl::string_view value) {
    rocksdb::Status s = batch.Put(database_->family(family), key, ToSlice(value));
    if (status.ok()) status = s;
  };
  std::string bytes;
  for (const StateToKeep& kept : group.states) {
    EncodeState(*kept.state, &bytes);
    put(kState, StateKey(kept.customer_id), bytes);
  }
  for (const ReceiptToKeep& kept : group.receipts) {
    put(kReceipts, ReceiptKey(*kept.receipt), EncodeReceipt(*kept.receipt, kept.digest));
  }
  for (const IdentityLink* link : group.links) put(kIdentities, IdentityKey(link->identity), EncodeLink(*link));
  for (const std::string& name : group.new_categories) put(kCategories, NumberKey(CategoryKey(name)), name);
  const absl::Status written =
      status.ok() ? database_->Write(database_->write_options(), &batch) : ToStatus("composing a write", status);
  if (!written.ok()) {
    for (const StateToKeep& kept : group.states) cache_.Forget(kept.customer_id);
    return written;
  }
  for (const StateToKeep& kept : group.states) cache_.Store(kept.customer_id, *kept.state);
  for (const std::string& name : group.new_categories) category_names_.Add(name);
  return absl::OkStatus();
}

}  // namespace nbo::storage
