#include "storage/tombstone_hash.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace nbo::storage {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kHashBytes = 16;

absl::Status FileError(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat("storage.tombstone_key: cannot ", what, " ", path, ": ", strerror(errno)));
}

// Written, synced and closed before anybody relies on it.
absl::StatusOr<std::string> MakeKey(const std::string& path) {
  std::string key(kKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&key[0]), kKeyBytes) != 1) {
    return absl::UnavailableError("storage.tombstone_key: the system gives no random numbers");
  }
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return FileError("make", path);
  const bool written = write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(file) == 0;
  if (close(file) != 0 || !written) return FileError("write", path);
  return key;
}

}  // namespace

absl::StatusOr<TombstoneHash> TombstoneHash::Open(const std::string& path, bool may_make) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (!may_make) {
      return absl::FailedPreconditionError(absl::StrCat(
          "storage.tombstone_key: ", path,
          " is missing; without it nobody who was erased can be recognised. Put the file back from its backup"));
    }
    auto key = MakeKey(path);
    if (!key.ok()) return key.status();
    return TombstoneHash(*std::move(key));
  }
  std::string key(std::istreambuf_iterator<char>(file), {});
  if (key.size() != kKeyBytes) {
    return absl::FailedPreconditionError(absl::StrCat("storage.tombstone_key: ", path, " has ", key.size(),
                                                      " bytes instead of ", kKeyBytes,
                                                      "; put the file back from its backup"));
  }
  return TombstoneHash(std::move(key));
}

std::string TombstoneHash::operator()(absl::string_view customer_id) const {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(customer_id.data()), customer_id.size(), bytes, &size);
  return std::string(reinterpret_cast<const char*>(bytes), kHashBytes);
}

}  // namespace nbo::storage
