#include "storage/layout.h"

#include "core/base/hash.h"

namespace nbo::storage {
namespace {

void AppendPartition(absl::string_view customer_id, std::string* key) {
  const uint32_t partition = PartitionOf(customer_id);
  key->push_back(static_cast<char>(partition >> 8));
  key->push_back(static_cast<char>(partition));
}

void AppendSized(absl::string_view value, std::string* key) {
  key->push_back(static_cast<char>(value.size()));  // ids have at most 64 bytes
  key->append(value.data(), value.size());
}

}  // namespace

std::string StateKey(absl::string_view customer_id) {
  std::string key;
  key.reserve(2 + customer_id.size());
  AppendPartition(customer_id, &key);
  key.append(customer_id.data(), customer_id.size());
  return key;
}

std::string RecordKey(const RecordRef& ref) {
  std::string key;
  key.reserve(4 + ref.customer_id.size() + ref.store_id.size() + ref.receipt_id.size());
  AppendPartition(ref.customer_id, &key);
  AppendSized(ref.customer_id, &key);
  AppendSized(ref.store_id, &key);
  key.append(ref.receipt_id.data(), ref.receipt_id.size());
  return key;
}

std::string CustomerPrefix(absl::string_view customer_id) {
  std::string key;
  AppendPartition(customer_id, &key);
  AppendSized(customer_id, &key);
  return key;
}

std::string PartitionPrefix(uint32_t partition) {
  return {static_cast<char>(partition >> 8), static_cast<char>(partition)};
}

std::string NameKey(absl::string_view customer_id, uint8_t kind, absl::string_view text) {
  std::string key = CustomerPrefix(customer_id);
  key.push_back(static_cast<char>(kind));
  key.append(text.data(), text.size());
  return key;
}

bool SplitRecordKey(absl::string_view key, absl::string_view customer_id, nbo::ReceiptKey* receipt) {
  const size_t prefix = 3 + customer_id.size();
  if (key.size() <= prefix) return false;
  const size_t store = static_cast<uint8_t>(key[prefix]);
  if (key.size() < prefix + 1 + store) return false;
  receipt->store_id = std::string(key.substr(prefix + 1, store));
  receipt->receipt_id = std::string(key.substr(prefix + 1 + store));
  return true;
}

bool SplitNameKey(absl::string_view key, absl::string_view customer_id, uint8_t* kind, absl::string_view* text) {
  const size_t prefix = 3 + customer_id.size();
  if (key.size() <= prefix) return false;
  *kind = static_cast<uint8_t>(key[prefix]);
  *text = key.substr(prefix + 1);
  return true;
}

std::string IdentityKey(const Identity& identity) {
  std::string key;
  AppendPartition(DerivedCustomerId(identity), &key);
  key.push_back(static_cast<char>(identity.type));
  key.append(identity.value);
  return key;
}

std::string NumberKey(uint64_t number) {
  std::string key(8, '\0');
  for (int i = 0; i < 8; ++i) key[i] = static_cast<char>(number >> (56 - 8 * i));
  return key;
}

uint64_t NumberOfKey(absl::string_view key) {
  if (key.size() != 8) return 0;
  uint64_t number = 0;
  for (char c : key) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

std::string MeaningKey(uint8_t kind, uint32_t number) {
  std::string key(1, static_cast<char>(kind));
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
  return key;
}

bool SplitMeaningKey(absl::string_view key, uint8_t* kind, uint32_t* number) {
  if (key.size() != 5) return false;
  *kind = static_cast<uint8_t>(key[0]);
  *number = 0;
  for (char c : key.substr(1)) *number = *number << 8 | static_cast<uint8_t>(c);
  return true;
}

}  // namespace nbo::storage
