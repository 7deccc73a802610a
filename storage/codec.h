// Domain objects to stored bytes and back. Deterministic; states: for equal numbers (storage/numbers.h).
#ifndef NBO_STORAGE_CODEC_H_
#define NBO_STORAGE_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/catalog/archive.h"
#include "core/profile/identity.h"
#include "core/profile/record.h"
#include "core/profile/state.h"
#include "core/switches/switch.h"
#include "storage/numbers.h"

namespace nbo::storage {

// Replaces *out. Gives numbers to what has none yet, and appends to *unwritten what has to be written in the same
// batch.
void EncodeState(const CustomerState& state, Numbers* numbers, UnwrittenNumbers* unwritten, std::string* out);
// DATA_LOSS if the bytes are no state; *state is then unspecified. Allocates nothing once *state is warm.
absl::Status DecodeState(absl::string_view bytes, const Numbers& numbers, CustomerState* state);

std::string EncodeRecord(const ReceiptRecord& record);
// DATA_LOSS if the bytes are no record.
absl::StatusOr<ReceiptRecord> DecodeRecord(absl::string_view bytes);

std::string EncodeHistory(const IdentityHistory& history);
absl::StatusOr<IdentityHistory> DecodeHistory(absl::string_view bytes);

// Without the text.
std::string EncodeCatalog(const PublishedCatalog& catalog);
// With the text only if it was written in format 2.
absl::StatusOr<PublishedCatalog> DecodeCatalog(int64_t version, absl::string_view bytes);
std::string CompressText(absl::string_view text);
// DATA_LOSS if it is no frame, or holds other than `size` bytes.
absl::StatusOr<std::string> DecompressText(absl::string_view frame, size_t size);
std::string EncodeActivation(const CatalogActivation& activation);
absl::StatusOr<CatalogActivation> DecodeActivation(int64_t number, absl::string_view bytes);

std::string EncodeSwitchEvent(const SwitchEvent& event);
absl::StatusOr<SwitchEvent> DecodeSwitchEvent(int64_t number, absl::string_view bytes);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_CODEC_H_
