// Entries of the decision log as people see them.
#pragma once

#include "server/ctl/context.h"

namespace nbo::v1 {
class GetDecisionResponse;
class LogEntry;
}  // namespace nbo::v1

namespace nbo::ctl {

// On one line: who was given what, where and when; or what became of it.
void PrintEntry(const Context& context, const nbo::v1::LogEntry& entry);

// A decision with everything that is known of it, over many lines; its outcomes with their times.
void PrintDecision(const Context& context, const nbo::v1::GetDecisionResponse& response);

}  // namespace nbo::ctl
