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

std::string ReceiptKey(const Receipt& receipt) {
  std::string key;
  key.reserve(4 + receipt.customer_id.size() + receipt.store_id.size() + receipt.receipt_id.size());
  AppendPartition(receipt.customer_id, &key);
  AppendSized(receipt.customer_id, &key);
  AppendSized(receipt.store_id, &key);
  key.append(receipt.receipt_id);
  return key;
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

}  // namespace nbo::storage
