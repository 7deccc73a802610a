// The global control group: a share of all customers who get no personal offer, so that what offers bring can be
// measured at all. Who is in it follows from the customer id and a salt alone (GrowthBook hash, version 2, see
// bucketing.h), so every customer has an arm from the first day, and other tools assign alike: seed "SALT:PERIOD".
//
// Merges: the id that survives decides by its own hash, nothing is inherited. A person whose ids had different arms in
// the period in which they were merged was told personal offers under one id and not under the other: mixed, to be
// left out of the measurement of that period. From the next period on only the survivor's arm existed.
#ifndef NBO_CORE_EXPERIMENT_CONTROL_H_
#define NBO_CORE_EXPERIMENT_CONTROL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/base/civil.h"

namespace nbo {

// Written to disk: the values never change.
enum class GlobalArm : uint8_t {
  kUnspecified = 0,  // nobody identified, or no control group
  kTarget = 1,       // gets personal offers
  kControl = 2,      // gets default offers only
};

struct GlobalAssignment {
  GlobalArm arm = GlobalArm::kUnspecified;
  // Of the rotation; below 0 before `rotate_from`. It lasts from `begin` until just before `end`.
  int64_t period = 0;
  absl::Time begin = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
};

// Immutable: any thread may ask.
class GlobalControl {
 public:
  struct Rules {
    double share = 0;  // of all customers, 0..1; counts in ten-thousandths, of which there are 10,000 buckets
    std::string salt;
    // Every so many days everybody is drawn anew, at 00:00 UTC: an instant of which every store thinks alike. 0: never.
    int rotate_days = 0;
    Day rotate_from = 0;  // first day of period 0
  };

  explicit GlobalControl(Rules rules);

  // A pure function of the rules, the id and the period in which `time` lies. With the same salt a larger share keeps
  // all who were in control.
  GlobalAssignment ArmOf(absl::string_view customer_id, absl::Time time) const;

  // Whether these ids, of one person, have different arms in the period of `time`.
  bool ArmsDiffer(absl::Span<const std::string> customer_ids, absl::Time time) const;

  const Rules& rules() const { return rules_; }

 private:
  GlobalAssignment PeriodAt(absl::Time time) const;
  bool IsControl(int64_t period, absl::string_view customer_id) const;

  Rules rules_;
};

}  // namespace nbo

#endif  // NBO_CORE_EXPERIMENT_CONTROL_H_
