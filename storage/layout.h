// Every column family, with the bytes of its keys and values. Integers in keys are big-endian, so that they sort.
//
//   family      key                                                              value (nbo.storage.v1)
//   default     "format"                                                         decimal format version
//               "population"                                                     Population
//   state       partition:u16 customer_id                                        CustomerState
//   receipts    partition:u16 len:u8 customer_id len:u8 store_id receipt_id      Receipt
//   identities  partition:u16 type:u8 value                                      IdentityLink
//   categories  hash:u64                                                         name, as it is
//   catalogs    version:u64                                                      PublishedCatalog
//
// `partition` is PartitionOf the customer id; of an identity, PartitionOf its derived customer id.
#ifndef NBO_STORAGE_LAYOUT_H_
#define NBO_STORAGE_LAYOUT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/profile/identity.h"
#include "core/profile/receipt.h"

namespace nbo::storage {

// Raised whenever bytes written by this version cannot be read by an older one. Open refuses any other.
inline constexpr int kFormatVersion = 1;
inline constexpr char kFormatKey[] = "format";
inline constexpr char kPopulationKey[] = "population";

// Positions of the families in Database::family(); append only, the names are on disk.
enum Family { kDefault, kState, kReceipts, kIdentities, kCategories, kCatalogs, kFamilyCount };
inline constexpr const char* kFamilyNames[kFamilyCount] = {"default",    "state",      "receipts",
                                                           "identities", "categories", "catalogs"};

std::string StateKey(absl::string_view customer_id);
// The inverse of StateKey; a view into the key.
inline absl::string_view CustomerOfStateKey(absl::string_view key) { return key.substr(2); }
std::string ReceiptKey(const Receipt& receipt);
std::string IdentityKey(const Identity& identity);
std::string NumberKey(uint64_t number);  // categories, catalogs
// The inverse of NumberKey; 0 if the key is not one.
uint64_t NumberOfKey(absl::string_view key);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_LAYOUT_H_
