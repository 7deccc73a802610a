#include "core/rules/environment.h"

#include <cassert>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/rules/edit_distance.h"

namespace nbo::rules {

int Environment::AddVariable(Variable variable) {
  const int slot = static_cast<int>(variables_.size());
  [[maybe_unused]] const bool is_new = variable_slots_.emplace(variable.name, slot).second;
  assert(is_new && "variable declared twice");
  variables_.push_back(std::move(variable));
  return slot;
}

int Environment::AddFamily(Family family) {
  const int number = static_cast<int>(families_.size());
  [[maybe_unused]] const bool is_new = family_numbers_.emplace(family.name, number).second;
  assert(is_new && "family declared twice");
  families_.push_back(std::move(family));
  return number;
}

Type Environment::AddClass(ObjectClass object_class) {
  classes_.push_back(std::move(object_class));
  return Type::Object(static_cast<int>(classes_.size()) - 1);
}

std::string Environment::NameOf(Type type) const {
  if (IsObject(type)) return ClassOf(type).name;
  if (IsList(type) && type.element() != Type::kAny) return absl::StrCat("list(", NameOf(type.element()), ")");
  if (IsMap(type) && type.key() != Type::kAny) {
    return absl::StrCat("map(", NameOf(type.key()), ", ", NameOf(type.value()), ")");
  }
  return TypeName(type);
}

std::optional<int> Environment::FindVariable(absl::string_view name) const {
  const auto found = variable_slots_.find(name);
  if (found == variable_slots_.end()) return std::nullopt;
  return found->second;
}

std::optional<int> Environment::FindFamily(absl::string_view name) const {
  const auto found = family_numbers_.find(name);
  if (found == family_numbers_.end()) return std::nullopt;
  return found->second;
}

std::string Environment::NearestVariable(absl::string_view name) const {
  const std::string suffix = absl::StrCat(".", name);
  int best_distance = EditLimit(name) + 1;
  const Variable* best = nullptr;
  for (const Variable& variable : variables_) {
    // A forgotten prefix is the likeliest mistake: recency_days for customer.recency_days.
    if (absl::EndsWithIgnoreCase(variable.name, suffix)) return variable.name;
    const int distance = EditDistance(name, variable.name, best_distance - 1);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = &variable;
  }
  return best == nullptr ? "" : best->name;
}

Value Environment::AbsentFact(int family, int field) const {
  const FamilyField& declared = families_[family].fields[field];
  if (declared.optional) return Value::Null();
  if (declared.type == Type::kInt) return Value::Int(0);
  if (declared.type == Type::kDouble) return Value::Double(0);
  return declared.type == Type::kString ? Value::String("") : Value::Bool(false);
}

}  // namespace nbo::rules
