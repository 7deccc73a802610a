// Which pages of other origins may call the API from a browser (Fetch standard, "CORS protocol").
#ifndef NBO_SERVER_HTTP_CORS_H_
#define NBO_SERVER_HTTP_CORS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::server {

inline constexpr absl::string_view kCorsMethods = "GET, POST";
inline constexpr absl::string_view kCorsRequestHeaders =
    "Authorization, Content-Type, Content-Encoding, Connect-Protocol-Version, Connect-Timeout-Ms";
inline constexpr absl::string_view kCorsResponseHeaders = "nbo-ignored-field, retry-after";
inline constexpr absl::string_view kCorsMaxAgeSeconds = "7200";

// Immutable.
class CorsPolicy {
 public:
  // No other origin.
  CorsPolicy() = default;

  // Origins, separated by commas or spaces: "https://shop.example https://kiosk.example:8443"; "*": any; "": none.
  // INVALID_ARGUMENT: what is no origin.
  static absl::StatusOr<CorsPolicy> Parse(absl::string_view origins);

  // What Access-Control-Allow-Origin says to a page of this origin; "": nothing, it may not.
  absl::string_view Allow(absl::string_view origin) const;
  // Whether any but the same origin may: then answers vary by it.
  bool any() const { return any_origin_ || !origins_.empty(); }

 private:
  bool any_origin_ = false;
  std::vector<std::string> origins_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_CORS_H_
