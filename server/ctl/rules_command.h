// nboctl rules.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nbo/v1/rules_service.pb.h"
#include "server/ctl/context.h"
#include "server/ctl/offers_command.h"
#include "server/ctl/rule_bindings.h"

namespace nbo::ctl {

struct RulesVarsOptions {
  bool json = false;
  bool markdown = false;
};

// Lists the vocabulary; asks no server.
ExitCode RunRulesVars(Context& context, const RulesVarsOptions& options);

struct RulesEvalOptions {
  std::string expression;
  // JSON file with bindings and type_env; empty: none.
  std::string vars_file;
  // Each NAME=VALUE.
  std::vector<std::string> set;
  // File of lines to evaluate, "-" for standard input; empty: evaluate `expression`.
  std::string jsonl_file;
  // Whom to evaluate for, at a running server, and where; nobody named: no server is asked.
  OffersGetOptions request;
  std::string offer_id;
};

// Exit code 0: a value; 1 (kExitRefused): the evaluation failed; 2 (kExitUsage): the expression, or the command line,
// has a mistake. With lines: 0 if each got its answer, 2 if one could not be read.
ExitCode RunRulesEval(Context& context, const RulesEvalOptions& options);

// Evaluates without a server. The answer is what a server would give.
nbo::v1::EvaluateRuleResponse EvaluateHere(const std::string& expression, const RuleBindings& bindings);

// {"value": ..., "type": "int"} or {"error": {"message": ...}} with "offset", "line" and "column" where the expression
// has a mistake; all on one line.
std::string AnswerJson(const nbo::v1::EvaluateRuleResponse& answer);

// The answer to one line {"expr": ..., "bindings": ..., "type_env": ...}; a line that is none gets an error of the kind
// "input", and *readable is false.
std::string AnswerLine(absl::string_view line, bool* readable);

}  // namespace nbo::ctl
