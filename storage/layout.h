// Every column family, with the bytes of its keys and values. Integers in keys are big-endian, so that they sort.
//
//   family      key                                                              value (nbo.storage.v1)
//   default     "format"                                                         decimal format version
//               "population"                                                     Population
//               "propensity"                                                     LearnedState
//               "propensity" part:u64                                            OpenTrials, part of LearnedState
//               "ledger"                                                         position in the decision journal: u64,
//                                                                                time of the budgets, us: u64
//   state       partition:u16 customer_id                                        bits of storage/state_bits.h
//   receipts    partition:u16 len:u8 customer_id len:u8 store_id receipt_id      ReceiptRecord
//   identities  partition:u16 type:u8 value                                      IdentityHistory
//   categories  hash:u64                                                         name, as it is
//   catalogs    version:u64                                                      PublishedCatalog
//   texts       version:u64                                                      YAML of a catalog, a zstd frame
//   activations number:u64                                                       CatalogActivation
//   bases       partition:u16 customer_id                                        as state, of receipts dropped
//   names       partition:u16 len:u8 customer_id kind:u8 text                    empty; see below
//   aliases     partition:u16 customer_id                                        id of the customer it was merged into
//   tombstones  16 bytes                                                         time_us:u64 of the erasure
//   numbers     kind:u8 number:u32                                               hash:u64 of a category, or a store id
//   switches    number:u64                                                       SwitchEvent; only ever added
//   contacts    partition:u16 customer_id                                        PersonLedger
//   budgets     offer:u64, the Hash64 of its id                                  Budget
//
// `partition` is PartitionOf the customer id; of an identity, PartitionOf its derived customer id. A name says by what
// else a customer is known: kind is the type of an identity and text its value, or kind is kAbsorbedKind and text a
// customer id that was merged into this one. The key of a tombstone is a keyed hash of the customer id
// (storage/tombstone_hash.h): who was erased cannot be read from it.
//
// States name categories and stores by the numbers of family `numbers` (storage/numbers.h), which are given in order of
// arrival. So equal states have other bytes in another store: compare them by StateDigest, never by what is stored.
#ifndef NBO_STORAGE_LAYOUT_H_
#define NBO_STORAGE_LAYOUT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/profile/identity.h"
#include "core/profile/record.h"

namespace nbo::storage {

// Raised whenever bytes written by this version cannot be read by an older one. Open refuses any other.
inline constexpr int kFormatVersion = 5;
// The oldest that is read; what follows it, too. A store is raised to kFormatVersion when it is opened. Format 2 kept
// the texts of catalogs within PublishedCatalog and no activations, format 3 no switches, contacts and budgets, format
// 4 no attributes of customers.
inline constexpr int kOldestFormatVersion = 2;
inline constexpr char kFormatKey[] = "format";
inline constexpr char kPopulationKey[] = "population";
inline constexpr char kPropensityKey[] = "propensity";
inline constexpr char kLedgerKey[] = "ledger";

// Positions of the families in Database::family(); append only, the names are on disk.
enum Family {
  kDefault,
  kState,
  kReceipts,
  kIdentities,
  kCategories,
  kCatalogs,
  kBases,
  kNames,
  kAliases,
  kTombstones,
  kNumbers,
  kTexts,
  kActivations,
  kSwitches,
  kContacts,
  kBudgets,
  kFamilyCount
};
inline constexpr const char* kFamilyNames[kFamilyCount] = {
    "default", "state",      "receipts", "identities", "categories",  "catalogs", "bases",    "names",
    "aliases", "tombstones", "numbers",  "texts",      "activations", "switches", "contacts", "budgets"};

inline constexpr uint8_t kAbsorbedKind = 255;

// Kinds of numbers; on disk.
inline constexpr uint8_t kCategoryNumber = 1;
inline constexpr uint8_t kStoreNumber = 2;

std::string StateKey(absl::string_view customer_id);  // state, bases, aliases
// The inverse of StateKey; a view into the key.
inline absl::string_view CustomerOfStateKey(absl::string_view key) { return key.substr(2); }
std::string RecordKey(const RecordRef& ref);
std::string IdentityKey(const Identity& identity);
std::string NameKey(absl::string_view customer_id, uint8_t kind, absl::string_view text);
// What all keys of a customer begin with, in receipts and in names, and no other key does.
std::string CustomerPrefix(absl::string_view customer_id);
// What all keys of a partition begin with.
std::string PartitionPrefix(uint32_t partition);

// The inverses, of keys that begin with CustomerPrefix(customer_id). False if the key is not one.
bool SplitRecordKey(absl::string_view key, absl::string_view customer_id, nbo::ReceiptKey* receipt);
bool SplitNameKey(absl::string_view key, absl::string_view customer_id, uint8_t* kind, absl::string_view* text);
std::string NumberKey(uint64_t number);  // categories, catalogs, texts, activations, budgets
// The inverse of NumberKey; 0 if the key is not one.
uint64_t NumberOfKey(absl::string_view key);

std::string MeaningKey(uint8_t kind, uint32_t number);  // numbers
// The inverse; false if the key is not one.
bool SplitMeaningKey(absl::string_view key, uint8_t* kind, uint32_t* number);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_LAYOUT_H_
