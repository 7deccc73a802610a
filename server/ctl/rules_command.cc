#include "server/ctl/rules_command.h"

#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/rules/expression.h"
#include "server/ctl/api_client.h"
#include "server/ctl/output.h"
#include "server/ctl/rules_vars.h"
#include "server/ctl/typed_json.h"
#include "server/values/rule_value.h"

namespace nbo::ctl {
namespace {

using nbo::v1::EvaluateRuleResponse;
using rules::Value;

// `int 12`, `string "abc"`.
std::string TypedText(const EvaluateRuleResponse& answer) {
  rules::Arena arena;
  const absl::StatusOr<Value> value = server::ToRuleValue(answer.value(), &arena);
  if (!value.ok()) return absl::StrCat(answer.type(), " ", ValueToJson(answer.value()));
  return value->is_null() ? "null" : absl::StrCat(answer.type(), " ", value->ToString());
}

// At most `count` characters of UTF-8, from the one numbered `from`.
std::string Characters(const std::string& utf8, size_t from, size_t count) {
  std::string part;
  size_t number = 0;
  for (size_t at = 0; at < utf8.size() && number < from + count; ++number) {
    const size_t begin = at++;
    while (at < utf8.size() && (static_cast<unsigned char>(utf8[at]) & 0xC0) == 0x80) ++at;
    if (number >= from) part.append(utf8, begin, at - begin);
  }
  return part;
}

// The line of the text with the mistake and a caret below; of a very long line only the surroundings.
void PrintMistake(std::ostream& out, const std::string& text, const nbo::v1::RuleMistake& mistake) {
  out << mistake.line() << ":" << mistake.column() << ": " << Printable(mistake.message()) << "\n";
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (static_cast<size_t>(mistake.line()) > lines.size()) return;
  constexpr size_t kAround = 100;  // characters
  const size_t column = static_cast<size_t>(mistake.column()) - 1;
  const size_t from = column > kAround ? column - kAround : 0;
  const std::string& line = lines[static_cast<size_t>(mistake.line()) - 1];
  out << "  " << Printable(Characters(line, from, 2 * kAround)) << "\n"
      << "  " << std::string(column - from, ' ') << "^\n";
}

ExitCode PrintAnswer(Context& context, const std::string& expression, const EvaluateRuleResponse& answer) {
  const bool json = context.format == OutputFormat::kJson;
  if (json) context.out << AnswerJson(answer) << "\n";
  if (!answer.mistakes().empty()) {
    for (const auto& mistake : answer.mistakes()) {
      if (!json) PrintMistake(context.err, expression, mistake);
    }
    return kExitUsage;
  }
  if (!answer.evaluation_error().empty()) {
    if (!json) {
      context.err << "cannot be said: " << Printable(answer.evaluation_error())
                  << (answer.inputs().empty() ? "" : absl::StrCat(" (", Printable(answer.inputs()), ")")) << "\n";
    }
    return kExitRefused;
  }
  if (!json) context.out << Printable(TypedText(answer)) << "\n";
  return kExitOk;
}

absl::Status ReadVars(const std::string& path, RuleBindings* bindings) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return absl::NotFoundError(absl::StrCat("--vars: cannot read ", path));
  const auto json = ParseJson(text);
  absl::Status status = json.ok() ? bindings->Add(*json) : json.status();
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(status.message())));
}

ExitCode EvaluateLines(Context& context, const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream* in = path == "-" ? context.in : &file;
  if (in == nullptr || !*in) {
    return FailUsage(context, absl::NotFoundError(absl::StrCat("--jsonl: cannot read ", path)));
  }
  bool all_readable = true;
  for (std::string line; std::getline(*in, line);) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    bool readable = true;
    context.out << AnswerLine(line, &readable) << "\n";
    all_readable = all_readable && readable;
  }
  return all_readable ? kExitOk : kExitUsage;
}

ExitCode EvaluateAtServer(Context& context, const RulesEvalOptions& options) {
  nbo::v1::EvaluateRuleRequest request;
  request.set_expression(options.expression);
  request.set_offer_id(options.offer_id);
  absl::StatusOr<nbo::v1::GetOffersRequest> touch = MakeOffersRequest(options.request, context.minor_digits);
  if (!touch.ok()) return FailUsage(context, touch.status());
  *request.mutable_request() = *std::move(touch);
  ApiClient client(context.server, context.timeout);
  EvaluateRuleResponse response;
  if (absl::Status s = client.EvaluateRule(request, &response); !s.ok()) return Fail(context, s);
  return PrintAnswer(context, options.expression, response);
}

std::string ErrorJson(absl::string_view kind, absl::string_view message) {
  return absl::StrCat("{\"error\": {\"kind\": \"", kind, "\", \"message\": ", QuoteJson(message), "}}");
}

}  // namespace

ExitCode RunRulesVars(Context& context, const RulesVarsOptions& options) {
  if (options.markdown) {
    context.out << VocabularyMarkdown();
  } else if (options.json || context.format == OutputFormat::kJson) {
    context.out << VocabularyJson();
  } else {
    PrintVocabulary(context.out);
  }
  return kExitOk;
}

EvaluateRuleResponse EvaluateHere(const std::string& expression, const RuleBindings& bindings) {
  EvaluateRuleResponse answer;
  server::EvaluateInto(expression, bindings.environment(), bindings, &answer);
  return answer;
}

std::string AnswerJson(const EvaluateRuleResponse& answer) {
  if (!answer.mistakes().empty()) {
    const nbo::v1::RuleMistake& mistake = answer.mistakes(0);
    return absl::StrCat("{\"error\": {\"kind\": \"mistake\", \"offset\": ", mistake.offset(),
                        ", \"line\": ", mistake.line(), ", \"column\": ", mistake.column(),
                        ", \"message\": ", QuoteJson(mistake.message()), "}}");
  }
  if (!answer.evaluation_error().empty()) return ErrorJson("evaluation", answer.evaluation_error());
  return absl::StrCat("{\"value\": ", ValueToJson(answer.value()), ", \"type\": ", QuoteJson(answer.type()), "}");
}

std::string AnswerLine(absl::string_view line, bool* readable) {
  *readable = false;
  const auto json = ParseJson(line);
  if (!json.ok()) return ErrorJson("input", json.status().message());
  const auto& fields = json->struct_value().fields();
  const auto expression = fields.find("expr");
  if (expression == fields.end() || !expression->second.has_string_value()) {
    return ErrorJson("input", "expr: is required; write {\"expr\": \"1 + 1\"}");
  }
  RuleBindings bindings;
  if (absl::Status s = bindings.Add(*json); !s.ok()) return ErrorJson("input", s.message());
  *readable = true;
  return AnswerJson(EvaluateHere(expression->second.string_value(), bindings));
}

ExitCode RunRulesEval(Context& context, const RulesEvalOptions& options) {
  if (!options.jsonl_file.empty()) return EvaluateLines(context, options.jsonl_file);
  if (!options.request.customer_id.empty() || !options.request.identities.Identities().empty()) {
    return EvaluateAtServer(context, options);
  }
  RuleBindings bindings;
  if (!options.vars_file.empty()) {
    if (absl::Status s = ReadVars(options.vars_file, &bindings); !s.ok()) return FailUsage(context, s);
  }
  for (const std::string& each : options.set) {
    if (absl::Status s = bindings.AddText(each); !s.ok()) {
      return FailUsage(context, absl::InvalidArgumentError(absl::StrCat("--set: ", std::string(s.message()))));
    }
  }
  return PrintAnswer(context, options.expression, EvaluateHere(options.expression, bindings));
}

}  // namespace nbo::ctl
