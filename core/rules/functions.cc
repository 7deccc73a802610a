#include "core/rules/functions.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "core/rules/edit_distance.h"
#include "core/rules/times.h"

namespace nbo::rules {
namespace {

enum class Form : uint8_t { kMethod, kFunction, kBoth };

struct Function {
  absl::string_view name;
  Form form;
  size_t fewest;  // arguments, the target included
  size_t most;
  Meaning meaning;
  absl::string_view usage;
  TimePart part = TimePart::kFullYear;  // kTimePart
};

constexpr absl::string_view kPartUsage = "write now.getHours(), now.getHours(\"Europe/Berlin\") or likewise";

constexpr std::array<Function, 21> kFunctions = {{
    {"size", Form::kBoth, 1, 1, Meaning::kSize, "size(x) takes one string, list or map"},
    {"bool", Form::kFunction, 1, 1, Meaning::kToBool, "bool(x) takes one string or bool"},
    {"int", Form::kFunction, 1, 1, Meaning::kToInt, "int(x) takes one double, int, string or timestamp"},
    {"double", Form::kFunction, 1, 1, Meaning::kToDouble, "double(x) takes one int, double or string"},
    {"string", Form::kFunction, 1, 1, Meaning::kToString,
     "string(x) takes one bool, number, string, timestamp or duration"},
    {"timestamp", Form::kFunction, 1, 1, Meaning::kToTimestamp,
     "timestamp(x) takes one string such as \"2026-01-31T00:00:00Z\", or an int of seconds since 1970"},
    {"duration", Form::kFunction, 1, 1, Meaning::kToDuration,
     "duration(x) takes one string such as \"24h\" or \"90s\""},
    {"startsWith", Form::kMethod, 2, 2, Meaning::kStartsWith, "write name.startsWith(\"abc\")"},
    {"endsWith", Form::kMethod, 2, 2, Meaning::kEndsWith, "write name.endsWith(\"abc\")"},
    {"contains", Form::kMethod, 2, 2, Meaning::kContains, "write name.contains(\"abc\")"},
    {"matches", Form::kBoth, 2, 2, Meaning::kMatches, "write name.matches(\"^ab+c$\")"},
    {"getFullYear", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kFullYear},
    {"getMonth", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kMonth},
    {"getDate", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kDate},
    {"getDayOfMonth", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kDayOfMonth},
    {"getDayOfWeek", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kDayOfWeek},
    {"getDayOfYear", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kDayOfYear},
    {"getHours", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kHours},
    {"getMinutes", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kMinutes},
    {"getSeconds", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kSeconds},
    {"getMilliseconds", Form::kMethod, 1, 2, Meaning::kTimePart, kPartUsage, TimePart::kMilliseconds},
}};

constexpr std::array<Macro, 5> kMacros = {{
    {"all", Meaning::kAll, "write list.all(x, x > 0): x is the name for one element"},
    {"exists", Meaning::kExists, "write list.exists(x, x > 0): x is the name for one element"},
    {"exists_one", Meaning::kExistsOne, "write list.exists_one(x, x > 0): x is the name for one element"},
    {"filter", Meaning::kFilter, "write list.filter(x, x > 0): x is the name for one element"},
    {"map", Meaning::kTransform,
     "write list.map(x, x * 2), or list.map(x, x > 0, x * 2) to take only some: x is the name for one element"},
}};

struct Unsupported {
  absl::string_view name;
  absl::string_view remedy;
};

constexpr std::array<Unsupported, 12> kUnsupported = {{
    {"bytes", "use ordinary texts"},
    {"uint", "use int(x)"},
    {"type", "every name has one fixed type"},
    {"dyn", "every name has one fixed type"},
    {"substring", "write startsWith, endsWith, contains or matches"},
    {"indexOf", "write startsWith, endsWith, contains or matches"},
    {"charAt", "write startsWith, endsWith, contains or matches"},
    {"replace", "write startsWith, endsWith, contains or matches"},
    {"split", "write startsWith, endsWith, contains or matches"},
    {"trim", "write x.matches(\"^\\\\s*abc\\\\s*$\")"},
    {"lowerAscii", "write x.matches(\"(?i)^abc$\"), or compare with each spelling: x in [\"a\", \"A\"]"},
    {"upperAscii", "write x.matches(\"(?i)^abc$\"), or compare with each spelling: x in [\"a\", \"A\"]"},
}};

const Function* Find(absl::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

// Whether `type` is one of the kinds, or can be any of them.
bool IsOneOf(Type type, std::initializer_list<Kind> kinds) {
  return type == Type::kAny || std::find(kinds.begin(), kinds.end(), type.kind()) != kinds.end();
}

std::optional<Type> TypeOfPart(TimePart part, absl::Span<const Operand> arguments) {
  if (arguments.size() == 2 && !IsOneOf(arguments[1].type, {Kind::kString})) return std::nullopt;
  if (IsOneOf(arguments[0].type, {Kind::kTimestamp})) return Type::kInt;
  const bool of_duration = arguments[0].type == Type::kDuration && part >= TimePart::kHours && arguments.size() == 1;
  return of_duration ? std::optional<Type>(Type::kInt) : std::nullopt;
}

// The type of the result; nullopt if the function does not take the arguments.
std::optional<Type> TypeOfCall(const Function& function, absl::Span<const Operand> arguments) {
  const Type type = arguments[0].type;
  const auto result_if = [](bool fits, Type result) { return fits ? std::optional<Type>(result) : std::nullopt; };
  switch (function.meaning) {
    case Meaning::kSize: return result_if(IsOneOf(type, {Kind::kString, Kind::kList, Kind::kMap}), Type::kInt);
    case Meaning::kToBool: return result_if(IsOneOf(type, {Kind::kBool, Kind::kString}), Type::kBool);
    case Meaning::kToInt:
      return result_if(IsOneOf(type, {Kind::kInt, Kind::kDouble, Kind::kString, Kind::kTimestamp}), Type::kInt);
    case Meaning::kToDouble: return result_if(IsOneOf(type, {Kind::kInt, Kind::kDouble, Kind::kString}), Type::kDouble);
    case Meaning::kToString:
      return result_if(
          IsOneOf(type, {Kind::kBool, Kind::kInt, Kind::kDouble, Kind::kString, Kind::kTimestamp, Kind::kDuration}),
          Type::kString);
    case Meaning::kToTimestamp:
      return result_if(IsOneOf(type, {Kind::kInt, Kind::kString, Kind::kTimestamp}), Type::kTimestamp);
    case Meaning::kToDuration: return result_if(IsOneOf(type, {Kind::kString, Kind::kDuration}), Type::kDuration);
    case Meaning::kTimePart: return TypeOfPart(function.part, arguments);
    default:
      return result_if(IsOneOf(type, {Kind::kString}) && IsOneOf(arguments[1].type, {Kind::kString}), Type::kBool);
  }
}

}  // namespace

bool IsFunction(absl::string_view name) { return Find(name) != nullptr; }

const Macro* FindMacro(absl::string_view name) {
  for (const Macro& macro : kMacros) {
    if (macro.name == name) return &macro;
  }
  return nullptr;
}

std::optional<Overload> ResolveFunction(absl::string_view name, bool as_method, absl::Span<const Operand> arguments,
                                        std::string* message) {
  const Function& function = *Find(name);
  if (as_method ? function.form == Form::kFunction : function.form == Form::kMethod) {
    *message = absl::StrCat("'", name, "' is not called this way; ", function.usage);
    return std::nullopt;
  }
  if (arguments.size() < function.fewest || arguments.size() > function.most) {
    *message = absl::StrCat("'", name, "' has the wrong number of arguments; ", function.usage);
    return std::nullopt;
  }
  const std::optional<Type> result = TypeOfCall(function, arguments);
  if (result.has_value()) return Overload{function.meaning, *result, static_cast<int>(function.part)};
  *message = absl::StrCat("'", name, "' cannot take ", arguments[0].type_name);
  if (arguments.size() == 2) absl::StrAppend(message, " and ", arguments[1].type_name);
  if (arguments.size() == 2 && IsList(arguments[0].type)) {
    absl::StrAppend(message, "; to look for an element write \"abc\" in list");
  } else if (arguments.size() == 2 && function.meaning != Meaning::kTimePart) {
    absl::StrAppend(message, "; both must be strings: ", function.usage);
  } else {
    absl::StrAppend(message, "; ", function.usage);
  }
  return std::nullopt;
}

std::string DescribeUnknownFunction(absl::string_view name) {
  for (const Unsupported& unsupported : kUnsupported) {
    if (unsupported.name == name) return absl::StrCat("'", name, "' is not supported; ", unsupported.remedy);
  }
  int best_distance = EditLimit(name) + 1;
  absl::string_view best;
  const auto consider = [&](absl::string_view candidate) {
    const int distance = EditDistance(name, candidate, best_distance - 1);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = candidate;
  };
  for (const Function& function : kFunctions) consider(function.name);
  for (const Macro& macro : kMacros) consider(macro.name);
  consider("has");
  if (!best.empty()) return absl::StrCat("unknown function '", name, "'; did you mean '", best, "'?");
  std::string known = "has";
  for (const Macro& macro : kMacros) absl::StrAppend(&known, ", ", macro.name);
  for (const Function& function : kFunctions) {
    if (function.meaning != Meaning::kTimePart) absl::StrAppend(&known, ", ", function.name);
  }
  return absl::StrCat("unknown function '", name, "'; there are ", known, " and the parts of a time such as getHours");
}

std::string DescribeTypeName(absl::string_view name) {
  static constexpr std::array<absl::string_view, 13> kTypeNames = {
      "bool", "int",       "uint", "double", "string",    "bytes",   "list",
      "map",  "null_type", "type", "dyn",    "timestamp", "duration"};
  if (std::find(kTypeNames.begin(), kTypeNames.end(), name) == kTypeNames.end()) return "";
  return absl::StrCat("'", name, "' is a type; types as values are not supported: every name has one fixed type");
}

}  // namespace nbo::rules
