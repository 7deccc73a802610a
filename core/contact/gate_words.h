// Words about times, for those who explain to people why something is not said to somebody now.
#ifndef NBO_CORE_CONTACT_GATE_WORDS_H_
#define NBO_CORE_CONTACT_GATE_WORDS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace nbo {

// "; again in 4 days": to stand at the end of a sentence. Rounded up in its unit: who comes back then is not turned
// away once more. Empty if it cannot be said.
std::string AgainText(std::optional<absl::Time> again, absl::Time now);

}  // namespace nbo

#endif  // NBO_CORE_CONTACT_GATE_WORDS_H_
