#include "core/base/store_zones.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo {
namespace {

constexpr size_t kMaxZoneNameBytes = 64;  // the longest of the IANA database have 32

// LoadTimeZone takes names for paths below its database and knows names that are none of IANA's ("localtime" is the
// machine's own zone); only the shape of an IANA name passes.
bool LooksLikeZoneName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxZoneNameBytes || !absl::ascii_isupper(name[0])) return false;
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '/' && c != '_' && c != '-' && c != '+') return false;
  }
  return true;
}

}  // namespace

absl::Status StoreZones::Add(absl::string_view store_id, absl::string_view zone_name) {
  if (absl::Status s = CheckId("store_id", store_id, /*required=*/true); !s.ok()) return s;
  if (zones_.size() >= kMaxStores && !zones_.contains(store_id)) {
    return absl::InvalidArgumentError(absl::StrCat("store '", store_id, "' is one too many; at most ", kMaxStores,
                                                   " stores are allowed: leave out those in the deployment's zone"));
  }
  auto zone = loaded_.find(zone_name);
  if (zone == loaded_.end()) {
    absl::TimeZone loaded;
    if (!LooksLikeZoneName(zone_name) || !absl::LoadTimeZone(zone_name, &loaded)) {
      const bool printable = CheckText("", zone_name, kMaxZoneNameBytes).ok();
      return absl::InvalidArgumentError(absl::StrCat(
          "store '", store_id, "': time_zone '", printable ? zone_name : "...",
          "' is not known; use an IANA name such as Asia/Vladivostok (the Debian package tzdata holds them)"));
    }
    zone = loaded_.emplace(std::string(zone_name), loaded).first;
  }
  if (!zones_.emplace(std::string(store_id), zone->second).second) {
    return absl::InvalidArgumentError(absl::StrCat("store '", store_id, "' is listed twice; keep one of the lines"));
  }
  return absl::OkStatus();
}

}  // namespace nbo
