// Domain objects to stored bytes and back. Deterministic: equal states have equal bytes.
#ifndef NBO_STORAGE_CODEC_H_
#define NBO_STORAGE_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/catalog/archive.h"
#include "core/profile/identity.h"
#include "core/profile/receipt.h"
#include "core/profile/state.h"

namespace nbo::storage {

// Replaces *out.
void EncodeState(const CustomerState& state, std::string* out);
// DATA_LOSS if the bytes are no state; *state is then unspecified. Allocates nothing once *state is warm.
absl::Status DecodeState(absl::string_view bytes, CustomerState* state);

std::string EncodeReceipt(const Receipt& receipt, uint64_t digest);
// Only the digest of a stored receipt; cheap. DATA_LOSS if there is none.
absl::StatusOr<uint64_t> DecodeDigest(absl::string_view bytes);

std::string EncodeLink(const IdentityLink& link);
absl::StatusOr<IdentityLink> DecodeLink(const Identity& identity, absl::string_view bytes);

std::string EncodeCatalog(const PublishedCatalog& catalog);
absl::StatusOr<PublishedCatalog> DecodeCatalog(int64_t version, absl::string_view bytes);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_CODEC_H_
