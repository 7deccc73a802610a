// Bodies compressed with gzip (RFC 1952).
#ifndef NBO_SERVER_HTTP_GZIP_H_
#define NBO_SERVER_HTTP_GZIP_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::server {

// Answers below are sent as they are: compressing them would take longer than deciding what they say.
inline constexpr size_t kMinGzipBytes = 8 << 10;

// Quick rather than small.
std::string Gzip(absl::string_view bytes);

// RESOURCE_EXHAUSTED: it becomes more than `max_bytes`; no more than that is ever made. INVALID_ARGUMENT: it is not
// gzip, or damaged.
absl::StatusOr<std::string> Gunzip(absl::string_view compressed, size_t max_bytes);

// Whether a client takes gzip, by its Accept-Encoding.
bool AcceptsGzip(absl::string_view accept_encoding);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_GZIP_H_
