#include "storage/profile_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
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

// What is to be kept, with its key and in the order of the keys: RocksDB finds the place of an entry faster next to
// that of the one before.
template <typename Kept, typename KeyOf>
std::vector<std::pair<std::string, const Kept*>> InKeyOrder(const std::vector<Kept>& all, KeyOf key_of) {
  std::vector<std::pair<std::string, const Kept*>> ordered;
  ordered.reserve(all.size());
  for (const Kept& kept : all) ordered.emplace_back(key_of(kept), &kept);
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return ordered;
}

}  // namespace

absl::Status RocksProfileStore::Load(const std::string& tombstone_key_path) {
  std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator({}, database_->family(kCategories)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) category_names_.Add(ToView(it->value()));
  if (!it->status().ok()) return ToStatus("reading categories", it->status());
  if (absl::Status s = LoadNumbers(); !s.ok()) return s;
  std::unique_ptr<rocksdb::Iterator> stones(database_->db()->NewIterator({}, database_->family(kTombstones)));
  stones->SeekToFirst();
  if (!stones->status().ok()) return ToStatus("reading tombstones", stones->status());
  auto hash = TombstoneHash::Open(tombstone_key_path, /*may_make=*/!stones->Valid());
  if (!hash.ok()) return hash.status();
  tombstone_hash_.emplace(*std::move(hash));
  return absl::OkStatus();
}

absl::Status RocksProfileStore::LoadNumbers() {
  return Scan("reading numbers", kNumbers, "", disk_, [this](absl::string_view key, absl::string_view value) {
    uint8_t kind = 0;
    uint32_t number = 0;
    bool ok = SplitMeaningKey(key, &kind, &number);
    if (ok && kind == kCategoryNumber) ok = numbers_.categories.Load(number, NumberOfKey(value));
    if (ok && kind == kStoreNumber) ok = numbers_.stores.Load(number, std::string(value));
    if (ok) return absl::OkStatus();
    return absl::DataLossError("store: reading numbers: one is given twice or means nothing");
  });
}

absl::StatusOr<std::optional<std::string>> RocksProfileStore::Get(absl::string_view what, Family family,
                                                                  const std::string& key,
                                                                  const ReadOptions& options) const {
  std::string value;
  rocksdb::Status read = database_->db()->Get(options, database_->family(family), key, &value);
  if (read.IsNotFound()) return std::optional<std::string>();
  if (options.read_tier == rocksdb::kBlockCacheTier && IsKeptFromTheDisk(read, value)) return NotInMemory();
  if (!read.ok()) return ToStatus(what, read);
  return std::optional<std::string>(std::move(value));
}

absl::Status RocksProfileStore::Scan(
    absl::string_view what, Family family, const std::string& prefix, const ReadOptions& options,
    absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit) const {
  std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator(options, database_->family(family)));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    if (absl::Status s = visit(ToView(it->key()), ToView(it->value())); !s.ok()) return s;
  }
  if (it->status().IsIncomplete()) return NotInMemory();
  return ToStatus(what, it->status());
}

bool RocksProfileStore::ReadLastKnownState(absl::string_view customer_id, CustomerState* state) const {
  if (cache_.FindLastKnown(customer_id, state)) return true;
  return ProfileStore::ReadLastKnownState(customer_id, state);
}

absl::StatusOr<bool> RocksProfileStore::ReadState(absl::string_view customer_id, CustomerState* state,
                                                  const ReadOptions& options) const {
  StateCache::Miss miss;
  if (cache_.Find(customer_id, state, &miss)) return true;
  rocksdb::PinnableSlice value;
  rocksdb::Status read = database_->db()->Get(options, database_->family(kState), StateKey(customer_id), &value);
  if (read.IsNotFound()) {
    state->Clear();
    return false;
  }
  if (options.read_tier == rocksdb::kBlockCacheTier && IsKeptFromTheDisk(read, value)) return NotInMemory();
  if (!read.ok()) return ToStatus("reading a state", read);
  if (absl::Status s = DecodeState(ToView(value), numbers_, state); !s.ok()) return s;
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
    if (absl::Status s = DecodeState(ToView(read.values[i]), numbers_, &(*states)[i]); !s.ok()) return s;
    (*found)[i] = 1;
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> RocksProfileStore::ScanStates(
    absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // blocks of customers who come stay, those of everybody else would push them out
  options.readahead_size = 1 << 20;
  // The iterator holds a snapshot; the tables that it reads are not deleted before it ends.
  std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator(options, database_->family(kState)));
  CustomerState state;
  int64_t unreadable = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (!DecodeState(ToView(it->value()), numbers_, &state).ok()) {
      ++unreadable;
    } else if (!each(CustomerOfStateKey(ToView(it->key())), state)) {
      return unreadable;
    }
  }
  if (!it->status().ok()) return ToStatus("reading all states", it->status());
  return unreadable;
}

absl::StatusOr<bool> RocksProfileStore::ReadBase(absl::string_view customer_id, CustomerState* base) const {
  auto bytes = Get("reading a base", kBases, StateKey(customer_id), disk_);
  if (!bytes.ok()) return bytes.status();
  base->Clear();
  if (!bytes->has_value()) return false;
  if (absl::Status s = DecodeState(**bytes, numbers_, base); !s.ok()) return s;
  return true;
}

absl::StatusOr<std::vector<std::string>> RocksProfileStore::ListCustomers(uint32_t partition, absl::string_view after,
                                                                          size_t limit) const {
  const std::string prefix = PartitionPrefix(partition);
  std::vector<std::string> ids;
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // a walk over all customers must not push out those that are asked for
  std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator(options, database_->family(kState)));
  for (it->Seek(absl::StrCat(prefix, after)); it->Valid() && it->key().starts_with(prefix) && ids.size() < limit;
       it->Next()) {
    const absl::string_view id = ToView(it->key()).substr(prefix.size());
    if (id != after) ids.emplace_back(id);
  }
  if (!it->status().ok()) return ToStatus("listing customers", it->status());
  return ids;
}

absl::Status RocksProfileStore::ReadRecords(absl::Span<const RecordRef> refs,
                                            std::vector<ReceiptRecord>* records) const {
  std::vector<std::string> keys;
  keys.reserve(refs.size());
  for (const RecordRef& ref : refs) keys.push_back(RecordKey(ref));
  BatchRead read(*database_, kReceipts, keys);
  records->assign(keys.size(), {});
  for (size_t i = 0; i < keys.size(); ++i) {
    if (read.statuses[i].IsNotFound()) continue;
    if (!read.statuses[i].ok()) return ToStatus("reading receipts", read.statuses[i]);
    absl::StatusOr<ReceiptRecord> record = DecodeRecord(ToView(read.values[i]));
    if (!record.ok()) return record.status();
    (*records)[i] = *std::move(record);
  }
  return absl::OkStatus();
}

absl::Status RocksProfileStore::ScanRecords(
    absl::string_view customer_id, absl::FunctionRef<void(const nbo::ReceiptKey&, ReceiptRecord)> visit) const {
  return Scan("reading receipts", kReceipts, CustomerPrefix(customer_id), disk_,
              [&](absl::string_view key, absl::string_view value) -> absl::Status {
                nbo::ReceiptKey receipt;
                if (!SplitRecordKey(key, customer_id, &receipt))
                  return absl::DataLossError("receipt: key not readable");
                absl::StatusOr<ReceiptRecord> record = DecodeRecord(value);
                if (!record.ok()) return record.status();
                visit(receipt, *std::move(record));
                return absl::OkStatus();
              });
}

absl::StatusOr<IdentityHistory> RocksProfileStore::ReadIdentity(const Identity& identity,
                                                                const ReadOptions& options) const {
  auto bytes = Get("reading an identity", kIdentities, IdentityKey(identity), options);
  if (!bytes.ok()) return bytes.status();
  return bytes->has_value() ? DecodeHistory(**bytes) : IdentityHistory();
}

absl::Status RocksProfileStore::ScanNames(absl::string_view customer_id, const ReadOptions& options,
                                          absl::FunctionRef<void(uint8_t kind, absl::string_view text)> visit) const {
  return Scan("reading names", kNames, CustomerPrefix(customer_id), options,
              [&](absl::string_view key, absl::string_view) -> absl::Status {
                uint8_t kind = 0;
                absl::string_view text;
                if (!SplitNameKey(key, customer_id, &kind, &text)) return absl::DataLossError("name: not readable");
                visit(kind, text);
                return absl::OkStatus();
              });
}

absl::StatusOr<std::vector<Identity>> RocksProfileStore::ListIdentities(absl::string_view customer_id,
                                                                        const ReadOptions& options) const {
  std::vector<Identity> identities;
  absl::Status scanned = ScanNames(customer_id, options, [&](uint8_t kind, absl::string_view text) {
    if (kind < kIdentityTypeCount) identities.push_back({static_cast<IdentityType>(kind), std::string(text)});
  });
  if (!scanned.ok()) return scanned;
  return identities;
}

absl::StatusOr<std::vector<std::string>> RocksProfileStore::ListAbsorbed(absl::string_view customer_id) const {
  std::vector<std::string> ids;
  absl::Status scanned = ScanNames(customer_id, disk_, [&](uint8_t kind, absl::string_view text) {
    if (kind == kAbsorbedKind) ids.emplace_back(text);
  });
  if (!scanned.ok()) return scanned;
  return ids;
}

absl::StatusOr<std::string> RocksProfileStore::ReadAlias(absl::string_view customer_id,
                                                         const ReadOptions& options) const {
  auto survivor = Get("reading an alias", kAliases, StateKey(customer_id), options);
  if (!survivor.ok()) return survivor.status();
  return survivor->value_or("");
}

absl::StatusOr<std::optional<absl::Time>> RocksProfileStore::ReadTombstone(absl::string_view customer_id) const {
  auto time = Get("reading a tombstone", kTombstones, (*tombstone_hash_)(customer_id), disk_);
  if (!time.ok()) return time.status();
  if (!time->has_value()) return std::optional<absl::Time>();
  return std::optional<absl::Time>(absl::FromUnixMicros(static_cast<int64_t>(NumberOfKey(**time))));
}

// Key by key rather than by a range: range tombstones slow down every later read.
absl::Status RocksProfileStore::RemoveCustomer(const std::string& customer_id, rocksdb::WriteBatch* batch) const {
  rocksdb::Status status = batch->Delete(database_->family(kState), StateKey(customer_id));
  if (status.ok()) status = batch->Delete(database_->family(kBases), StateKey(customer_id));
  if (!status.ok()) return ToStatus("writing", status);
  for (Family family : {kReceipts, kNames}) {
    absl::Status scanned =
        Scan("erasing", family, CustomerPrefix(customer_id), disk_, [&](absl::string_view key, absl::string_view) {
          return ToStatus("writing", batch->Delete(database_->family(family), ToSlice(key)));
        });
    if (!scanned.ok()) return scanned;
  }
  return absl::OkStatus();
}

absl::Status RocksProfileStore::PutMeanings(UnwrittenNumbers* unwritten, rocksdb::WriteBatch* batch) const {
  rocksdb::Status status;
  auto put = [&](uint8_t kind, std::vector<uint32_t>* numbers, auto value_of) {
    std::sort(numbers->begin(), numbers->end());
    numbers->erase(std::unique(numbers->begin(), numbers->end()), numbers->end());
    for (uint32_t number : *numbers) {
      if (!status.ok()) return;
      status = batch->Put(database_->family(kNumbers), MeaningKey(kind, number), value_of(number));
    }
  };
  put(kCategoryNumber, &unwritten->categories, [&](uint32_t n) { return NumberKey(*numbers_.categories.KeyOf(n)); });
  put(kStoreNumber, &unwritten->stores, [&](uint32_t n) { return *numbers_.stores.KeyOf(n); });
  return ToStatus("writing", status);
}

absl::Status RocksProfileStore::FillBatch(const WriteGroup& group, rocksdb::WriteBatch* batch,
                                          UnwrittenNumbers* unwritten) {
  for (const std::string& id : group.erased) {
    if (absl::Status s = RemoveCustomer(id, batch); !s.ok()) return s;
  }
  rocksdb::Status status;
  auto keep = [&](Family family, const std::string& key, const std::string* value) {
    rocksdb::Status s = value != nullptr ? batch->Put(database_->family(family), key, *value)
                                         : batch->Delete(database_->family(family), key);
    if (status.ok()) status = s;
  };
  std::string bytes;
  auto keep_states = [&](Family family, const std::vector<StateToKeep>& states) {
    for (const auto& [key, kept] : InKeyOrder(states, [](const StateToKeep& s) { return StateKey(s.customer_id); })) {
      if (kept->state != nullptr) EncodeState(*kept->state, &numbers_, unwritten, &bytes);
      keep(family, key, kept->state != nullptr ? &bytes : nullptr);
    }
  };
  keep_states(kState, group.states);
  keep_states(kBases, group.bases);
  for (const auto& [key, kept] : InKeyOrder(group.records, [](const RecordToKeep& r) { return RecordKey(r.ref); })) {
    if (kept->record != nullptr) bytes = EncodeRecord(*kept->record);
    keep(kReceipts, key, kept->record != nullptr ? &bytes : nullptr);
  }
  for (const IdentityToKeep& kept : group.identities) {
    if (kept.history != nullptr) bytes = EncodeHistory(*kept.history);
    keep(kIdentities, IdentityKey(kept.identity), kept.history != nullptr ? &bytes : nullptr);
  }
  const std::string nothing;
  for (const NameToKeep& name : group.names) {
    keep(kNames, NameKey(name.customer_id, static_cast<uint8_t>(name.identity.type), name.identity.value),
         name.present ? &nothing : nullptr);
  }
  for (const AliasToKeep& alias : group.aliases) {
    keep(kAliases, StateKey(alias.absorbed_id), alias.present ? &alias.survivor_id : nullptr);
    keep(kNames, NameKey(alias.survivor_id, kAbsorbedKind, alias.absorbed_id), alias.present ? &nothing : nullptr);
  }
  for (const TombstoneToKeep& kept : group.tombstones) {
    if (kept.time.has_value()) bytes = NumberKey(static_cast<uint64_t>(absl::ToUnixMicros(*kept.time)));
    keep(kTombstones, (*tombstone_hash_)(kept.customer_id), kept.time.has_value() ? &bytes : nullptr);
  }
  for (const std::string& name : group.new_categories) keep(kCategories, NumberKey(CategoryKey(name)), &name);
  return ToStatus("writing", status);
}

absl::Status RocksProfileStore::Write(const WriteGroup& group) {
  rocksdb::WriteBatch batch;
  UnwrittenNumbers unwritten;
  if (absl::Status s = FillBatch(group, &batch, &unwritten); !s.ok()) return s;
  if (absl::Status s = PutMeanings(&unwritten, &batch); !s.ok()) return s;
  rocksdb::WriteOptions options = database_->write_options();
  options.sync = options.sync && group.durable;
  const absl::Status written = database_->Write(options, &batch);
  for (const std::string& id : group.erased) cache_.Forget(id);
  for (const StateToKeep& kept : group.states) {
    if (kept.state == nullptr) {
      cache_.Forget(kept.customer_id);
    } else if (written.ok()) {
      cache_.Store(kept.customer_id, *kept.state);
    } else {
      cache_.Doubt(kept.customer_id);
    }
  }
  if (!written.ok()) return written;
  numbers_.categories.MarkWritten(unwritten.categories);
  numbers_.stores.MarkWritten(unwritten.stores);
  for (const std::string& name : group.new_categories) category_names_.Add(name);
  return absl::OkStatus();
}

absl::Status RocksProfileStore::Sync() {
  if (!database_->write_options().sync) return absl::OkStatus();
  // A synced write of nothing takes along whatever came before it in the log.
  rocksdb::WriteBatch nothing;
  nothing.PutLogData("sync");
  return database_->Write(database_->write_options(), &nothing);
}

std::string RocksProfileStore::BytesOf(const CustomerState& state) {
  std::string bytes;
  UnwrittenNumbers unwritten;
  storage::EncodeState(state, &numbers_, &unwritten, &bytes);
  return bytes;
}

absl::Status RocksProfileStore::StateOf(absl::string_view bytes, CustomerState* state) const {
  return storage::DecodeState(bytes, numbers_, state);
}

}  // namespace nbo::storage
