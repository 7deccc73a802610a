// The hash under which erased customers are remembered.
#ifndef NBO_STORAGE_TOMBSTONE_HASH_H_
#define NBO_STORAGE_TOMBSTONE_HASH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::storage {

// HMAC-SHA-256 (RFC 2104) of a customer id, cut to 16 bytes. Without the key nobody can tell whose tombstone it is, nor
// try out ids. The key is 32 random bytes in a file of its own, readable by its owner only, so that it can be kept
// apart from the data and its backups. Thread-safe.
class TombstoneHash {
 public:
  // Reads the key file; makes one, if there is none and `may_make`. FAILED_PRECONDITION names the file if it is
  // damaged, or missing although it must not be.
  static absl::StatusOr<TombstoneHash> Open(const std::string& path, bool may_make);

  std::string operator()(absl::string_view customer_id) const;

 private:
  explicit TombstoneHash(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_TOMBSTONE_HASH_H_
