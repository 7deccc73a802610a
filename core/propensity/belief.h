// What is believed of a rate between 0 and 1, and how trials change it.
#ifndef NBO_CORE_PROPENSITY_BELIEF_H_
#define NBO_CORE_PROPENSITY_BELIEF_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace nbo {

// The rate is distributed as Beta(mean * evidence, (1 - mean) * evidence): as sure as after `evidence` trials of which
// a share of `mean` succeeded (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4).
struct RateBelief {
  double mean = 0;
  double evidence = 0;

  // The standard deviation of the rate.
  double Deviation() const { return std::sqrt(mean * (1 - mean) / (evidence + 1)); }
  friend bool operator==(const RateBelief&, const RateBelief&) = default;
};

// The posterior after `trials` of which `successes` succeeded: Beta(a + successes, b + trials - successes) for a prior
// of Beta(a, b), as the Beta is conjugate to the binomial (the same section). Without trials the prior itself; else
// between the prior's mean and the rate of the trials, and never less for more successes: roundings included. Requires
// 0 <= successes <= trials.
inline RateBelief Update(const RateBelief& prior, int64_t trials, int64_t successes) {
  if (trials <= 0) return prior;
  const auto n = static_cast<double>(trials), y = static_cast<double>(successes);
  const double mean = (prior.mean * prior.evidence + y) / (prior.evidence + n);
  return {std::clamp(mean, std::min(prior.mean, y / n), std::max(prior.mean, y / n)), prior.evidence + n};
}

}  // namespace nbo

#endif  // NBO_CORE_PROPENSITY_BELIEF_H_
