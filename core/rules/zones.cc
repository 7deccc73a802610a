// The time zones that rules name.
#include <algorithm>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/synchronization/mutex.h"
#include "core/rules/times.h"

namespace nbo::rules {
namespace {

// "02:00", "+2:30", "-02:30".
std::optional<absl::TimeZone> FixedZone(absl::string_view name) {
  const bool west = !name.empty() && name[0] == '-';
  if (west || (!name.empty() && name[0] == '+')) name.remove_prefix(1);
  const size_t colon = name.find(':');
  if (colon == absl::string_view::npos || colon < 1 || colon > 2 || name.size() != colon + 3) return std::nullopt;
  const auto digit = [&](size_t i) { return absl::ascii_isdigit(name[i]) ? name[i] - '0' : 1000; };
  const int hours = colon == 1 ? digit(0) : digit(0) * 10 + digit(1);
  const int minutes = digit(colon + 1) * 10 + digit(colon + 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return absl::FixedTimeZone((west ? -1 : 1) * (hours * 3600 + minutes * 60));
}

// The form of an IANA name. Leaves out the names by which the library reads other files or the process's own zone.
bool IsZoneName(absl::string_view name) {
  constexpr size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && absl::ascii_isalpha(name[0]) && name != "localtime" &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '+' || c == '-'; });
}

class Zones {
 public:
  std::optional<absl::TimeZone> Find(absl::string_view name) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      const auto found = tried_.find(name);
      if (found != tried_.end()) return found->second;
      if (tried_.size() >= kMaxZoneNames) return std::nullopt;
    }
    std::optional<absl::TimeZone> zone(std::in_place);
    if (!absl::LoadTimeZone(name, &*zone)) zone.reset();
    absl::MutexLock lock(&mutex_);
    tried_.emplace(name, zone);
    return zone;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::optional<absl::TimeZone>> tried_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

bool FindTimeZone(absl::string_view name, absl::TimeZone* zone) {
  static Zones* const zones = new Zones;
  std::optional<absl::TimeZone> found = FixedZone(name);
  if (!found.has_value() && IsZoneName(name)) found = zones->Find(name);
  if (found.has_value()) *zone = *found;
  return found.has_value();
}

}  // namespace nbo::rules
