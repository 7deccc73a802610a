#include "core/rules/functions.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "core/rules/edit_distance.h"
#include "core/rules/operators.h"

namespace nbo::rules {
namespace {

struct Function {
  absl::string_view name;
  size_t arguments;  // the target included
  bool as_method;    // may be called as a method
  bool as_function;
  absl::string_view usage;
};

constexpr std::array<Function, 6> kFunctions = {{
    {"size", 1, true, true, "size(x) takes one string or list"},
    {"int", 1, false, true, "int(x) takes one double, int or string"},
    {"double", 1, false, true, "double(x) takes one int, double or string"},
    {"startsWith", 2, true, false, "write name.startsWith(\"abc\")"},
    {"endsWith", 2, true, false, "write name.endsWith(\"abc\")"},
    {"contains", 2, true, false, "write name.contains(\"abc\")"},
}};

struct Unsupported {
  absl::string_view name;
  absl::string_view remedy;
};

constexpr std::array<Unsupported, 17> kUnsupported = {{
    {"all", "write 'x in list' to ask whether a list holds a value"},
    {"exists", "write 'x in list' to ask whether a list holds a value"},
    {"exists_one", "write 'x in list' to ask whether a list holds a value"},
    {"map", "write out the values one by one"},
    {"filter", "write 'x in list' to ask whether a list holds a value"},
    {"matches", "write startsWith, endsWith or contains"},
    {"string", "compare numbers as numbers"},
    {"bytes", "use ordinary texts"},
    {"uint", "use int(x)"},
    {"bool", "compare with true or false"},
    {"timestamp", "use a variable that counts days"},
    {"duration", "use a variable that counts days"},
    {"type", "every name has one fixed type"},
    {"dyn", "every name has one fixed type"},
    {"substring", "write startsWith, endsWith or contains"},
    {"lowerAscii", "compare with each spelling: x in [\"a\", \"A\"]"},
    {"upperAscii", "compare with each spelling: x in [\"a\", \"A\"]"},
}};

const Function* Find(absl::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::optional<Overload> Resolve(absl::string_view name, absl::Span<const Type> arguments) {
  const Type type = arguments[0];
  if (name == "size") {
    if (type != Type::kString && !IsList(type)) return std::nullopt;
    return Overload{Meaning::kSize, Type::kInt};
  }
  if (name == "int" || name == "double") {
    if (!IsNumber(type) && type != Type::kString) return std::nullopt;
    const Type result = name == "int" ? Type::kInt : Type::kDouble;
    return Overload{name == "int" ? Meaning::kToInt : Meaning::kToDouble, result, type == result};
  }
  if (type != Type::kString || arguments[1] != Type::kString) return std::nullopt;
  if (name == "startsWith") return Overload{Meaning::kStartsWith, Type::kBool};
  if (name == "endsWith") return Overload{Meaning::kEndsWith, Type::kBool};
  return Overload{Meaning::kContains, Type::kBool};
}

}  // namespace

bool IsFunction(absl::string_view name) { return Find(name) != nullptr; }

std::optional<Overload> ResolveFunction(absl::string_view name, bool as_method, absl::Span<const Type> arguments,
                                        std::string* message) {
  const Function& function = *Find(name);
  if (as_method ? !function.as_method : !function.as_function) {
    *message = absl::StrCat("'", name, "' is not called this way; ", function.usage);
    return std::nullopt;
  }
  if (arguments.size() != function.arguments) {
    *message = absl::StrCat("'", name, "' has the wrong number of arguments; ", function.usage);
    return std::nullopt;
  }
  std::optional<Overload> overload = Resolve(name, arguments);
  if (overload.has_value()) return overload;
  *message = absl::StrCat("'", name, "' cannot take ", TypeName(arguments[0]));
  if (arguments.size() == 2) {
    absl::StrAppend(message, " and ", TypeName(arguments[1]), "; both must be strings: ", function.usage);
  } else {
    absl::StrAppend(message, "; ", function.usage);
  }
  return std::nullopt;
}

std::string DescribeUnknownFunction(absl::string_view name) {
  for (const Unsupported& unsupported : kUnsupported) {
    if (unsupported.name == name) return absl::StrCat("'", name, "' is not supported yet; ", unsupported.remedy);
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
  consider("has");
  if (!best.empty()) return absl::StrCat("unknown function '", name, "'; did you mean '", best, "'?");
  return absl::StrCat("unknown function '", name,
                      "'; there are has, size, int, double, startsWith, endsWith and contains");
}

}  // namespace nbo::rules
