// nboctl decisions tail, show, export and replay; nboctl outcome.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/ctl/context.h"

namespace nbo::ctl {

// Which entries of the decision log.
struct DecisionsFilter {
  // A customer id; empty: of everybody.
  std::string customer_id;
  // Times, or how long ago ("90m"); empty: from the beginning, to the end.
  std::string from, to;
  bool decisions_only = false;
};

struct DecisionsTailOptions {
  DecisionsFilter filter;
  // How many of the last entries are shown first.
  int lines = 10;
  // Goes on with those that come, until Ctrl-C.
  bool follow = false;
};

struct OutcomeOptions {
  std::string token;
  // "accepted", "SPOKEN".
  std::string kind;
  // Of "declined": "too-expensive".
  std::string reason;
  std::string operator_id;
  // As in ParseTimeOption; empty: now.
  std::string time;
  // Of "redeemed", in major units; empty: the expected cost.
  std::string amount;
};

ExitCode RunDecisionsTail(Context& context, const DecisionsTailOptions& options);
ExitCode RunDecisionsShow(Context& context, const std::string& decision_id);
// JSON lines, whatever the format.
ExitCode RunDecisionsExport(Context& context, const DecisionsFilter& filter);
// Those named, or all that were recorded in full. What cannot be computed again is counted by its reason; the others
// are still compared. Exit code 1: one is not the same; or none could be compared, unless that has a code of its own.
ExitCode RunDecisionsReplay(Context& context, const std::vector<std::string>& ids, const DecisionsFilter& filter,
                            int64_t limit);
ExitCode RunOutcome(Context& context, const OutcomeOptions& options);

}  // namespace nbo::ctl
