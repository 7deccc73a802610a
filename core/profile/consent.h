// A customer's consent to be contacted through a channel.
#ifndef NBO_CORE_PROFILE_CONSENT_H_
#define NBO_CORE_PROFILE_CONSENT_H_

#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "core/base/channel.h"

namespace nbo {

// One statement: given or withdrawn, when, and where it was made ("app settings", "till form 12").
struct Consent {
  Channel channel = Channel::kUnspecified;
  bool granted = false;
  absl::Time time;     // whole microseconds
  std::string source;  // may be empty

  friend bool operator==(const Consent&, const Consent&) = default;
};

// Of two statements for one channel, true if `a` holds rather than `b`: the later one; at the same moment a withdrawal
// wins over a grant, then the greater source, so that the order of arrival does not matter.
inline bool Supersedes(const Consent& a, const Consent& b) {
  return std::make_tuple(a.time, !a.granted, a.source) > std::make_tuple(b.time, !b.granted, b.source);
}

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_CONSENT_H_
