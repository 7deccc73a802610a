// The functions of the language for the reference interpreter, written from LANGUAGE.md.
#ifndef NBO_TESTS_FUZZ_RULES_REFERENCE_FUNCTIONS_H_
#define NBO_TESTS_FUZZ_RULES_REFERENCE_FUNCTIONS_H_

#include <string>

#include "core/rules/ast.h"
#include "core/rules/times.h"
#include "tests/fuzz/rules/reference_value.h"

namespace nbo::fuzz {

RefValue RefToBool(const RefValue& value);
RefValue RefToInt(const RefValue& value);
RefValue RefToDouble(const RefValue& value);
RefValue RefToString(const RefValue& value);
RefValue RefToTimestamp(const RefValue& value);
RefValue RefToDuration(const RefValue& value);
RefValue RefSize(const RefValue& value);

// left op right, for + - * / %.
RefValue RefArithmetic(rules::TokenKind op, const RefValue& left, const RefValue& right);
RefValue RefNegate(const RefValue& value);

// An accessor of a timestamp or duration; `zone` is null for UTC.
RefValue RefTimePart(const RefValue& time, rules::TimePart part, const std::string* zone);

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_REFERENCE_FUNCTIONS_H_
