// Says of every offer what became of it in a decision. A part of Decide, off the hot path: much is looked up anew.
#ifndef NBO_CORE_DECISION_EXPLAIN_H_
#define NBO_CORE_DECISION_EXPLAIN_H_

#include <vector>

#include "core/decision/arbitration.h"
#include "core/decision/funnel.h"

namespace nbo {

// Of every offer, in catalog order. The request must have asked why, and both must have run.
std::vector<Explanation> ExplainOffers(const Gatekeepers& ask, const Funnel& funnel, const Arbitration& arbitration);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_EXPLAIN_H_
