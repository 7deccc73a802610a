// Values of the rule language as messages of the API.
#ifndef NBO_SERVER_VALUES_RULE_VALUE_H_
#define NBO_SERVER_VALUES_RULE_VALUE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"
#include "core/rules/value.h"
#include "nbo/v1/rules_service.pb.h"
#include "nbo/v1/value.pb.h"

namespace nbo::server {

// Writes a value of type `type`, whose classes `environment` declares. A value that is Null although its type is not
// leaves *out without a kind. Requires that it is no error.
void FillValue(const rules::Value& value, rules::Type type, const rules::Environment& environment, v1::Value* out);

// The inverse. Texts point into `message`, lists and maps lie in `arena`; both must outlive the value.
// INVALID_ARGUMENT: a number or time out of range, a map with a key twice or of another type than bool, int or string.
absl::StatusOr<rules::Value> ToRuleValue(const v1::Value& message, rules::Arena* arena);

// The type of a value; null is Type::kNull, empty lists and maps hold Type::kAny. INVALID_ARGUMENT: elements of several
// types, which the rule language does not have; or an object, which does not say its type.
absl::StatusOr<rules::Type> TypeOf(const rules::Value& value);

// Adds where in `text` a mistake is: line and column from 1, the column in characters.
void FillMistake(absl::string_view text, const rules::Mistake& mistake, v1::RuleMistake* out);

// Compiles and evaluates an expression of any type: fills value, evaluation_error, mistakes, type and inputs.
void EvaluateInto(const std::string& expression, const rules::Environment& environment,
                  const rules::Activation& activation, v1::EvaluateRuleResponse* response);
// The second half, for an expression that was compiled before.
void EvaluateInto(const rules::Expression& expression, const rules::Environment& environment,
                  const rules::Activation& activation, v1::EvaluateRuleResponse* response);
// The first half: the expression, or nullopt and the mistakes in the response.
std::optional<rules::Expression> CompileInto(const std::string& expression, const rules::Environment& environment,
                                             v1::EvaluateRuleResponse* response);

}  // namespace nbo::server

#endif  // NBO_SERVER_VALUES_RULE_VALUE_H_
